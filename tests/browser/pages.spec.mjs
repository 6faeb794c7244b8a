// Every page in every state that it can be in: accessible, within the window, with a way on; and lists and files that are whole.
import { readFile } from 'node:fs/promises';

import { accessible, expect, fits, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

/** All pages of somebody who is signed in, for an organisation that has bought something. */
const pagesOf = (org) => [
  '/', '/activations', '/activations?state=stuck', `/activations/${org.path}/MAIL-ENT`, `/activate/${org.path}/MAIL-ENT`, '/activate',
  '/licences', '/licences?q=nothing-like-it', `/licences/${org.path}`, `/licences/${org.path}?q=nothing-like-it`, '/licences/enterprise/4711', `/licences?below=enterprise%2F${org.number}`, '/profile', '/audit', `/audit/${org.path}`, `/audit/${org.path}?q=nothing-like-it`,
  `/where/${org.path}`, `/where/enterprise/4711`, `/audit/enterprise/4711`, '/activations/enterprise/4711/MAIL-ENT', '/request', `/request?programme=enterprise&number=${org.number}`, '/requests', '/approvals', `/access/${org.path}`, '/access/enterprise/4711',
  `/manage/${org.path}`, `/manage/${org.path}?q=nothing-like-it`, '/manage/enterprise/4711', `/manage/${org.path}/add`, `/manage/${org.path}/person?address=${org.osm}`, `/manage/${org.path}/person?address=nobody@${org.domain}`, `/manage/${org.path}/several`, '/manage/nothing/1',
  '/sign-in', '/nowhere', '/a', '/s', '/p', '/j', '/r',
];

/** Fulfils what is asked for with a problem document. */
const problem = (status, code, more = {}) => (route) =>
  route.fulfill({
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: `urn:countersign:problem:${code}`, title: 'Something is wrong', status, code, detail: 'This is what helps.', ...more }),
  });

test('UI-01 UI-02: every page is reached by its address, accessible, and fits 320 pixels', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  await page.setViewportSize({ width: 320, height: 700 });
  for (const path of pagesOf(org)) {
    await page.goto(portal.portal + path);
    await accessible(page);
    await fits(page);
  }
});

test('UI-02: every page is accessible on a wide screen in the dark, and fits at 200 % zoom', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const path of pagesOf(org)) {
    await page.goto(portal.portal + path);
    await accessible(page);
    await fits(page);
    // A window of 1280 pixels at 200 % has room for 640.
    await page.setViewportSize({ width: 640, height: 400 });
    await fits(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});

test('UI-02: who wants no motion gets none', async ({ page, portal, org }) => {
  await portal.enter(page.context(), org.notices);
  const running = () =>
    page.evaluate(() => document.getAnimations().filter((animation) => {
      const { duration, iterations } = animation.effect.getComputedTiming();
      return animation.animationName === 'turn' && (iterations > 1 || duration > 1);
    }).length);
  const held = hold(page, '**/api/activations*');
  for (const [reducedMotion, moves] of [['no-preference', true], ['reduce', false]]) {
    await page.emulateMedia({ reducedMotion });
    await page.goto(`${portal.portal}/activations`);
    await expect(page.locator('.waiting')).toBeVisible();
    expect((await running()) > 0, reducedMotion).toBe(moves);
  }
  held.release();
});

test('UI-03: a wait that is felt is shown and told, a short one is not', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  const held = hold(page, '**/api/activations/**');
  await page.goto(`${portal.portal}/activations`);
  await page.getByRole('link', { name: 'Mail and Calendar Enterprise' }).click();
  await expect(page.locator('main .waiting')).toBeVisible();
  await expect(page.locator('#live')).toHaveText('Loading …');
  held.release();
  await expect(heading(page)).toHaveText('Mail and Calendar Enterprise');

  // A button that was pressed waits, and cannot be pressed twice.
  let sent = 0;
  const save = hold(page, '**/api/me', (request) => request.method() === 'POST' && ++sent);
  await page.goto(`${portal.portal}/profile`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Save' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Save' }).click({ force: true });
  await expect(page.locator('#live')).toHaveText('Sending …');
  save.release();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  expect(sent).toBe(1);
});

test('SAFE-07 UI-02: what goes wrong is said in place, with what helps, and trying again goes on', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  const at = '2026-11-22T10:30:00Z';
  const cases = [
    ['a page', `/activations/${org.path}/MAIL-ENT`, '**/api/activations/**', 'Mail and Calendar Enterprise'],
    ['a part of a page', '/activations', '**/api/activations*', 'Manage activations'],
    ['another list', '/licences', '**/api/me/licences*', 'My licences'],
    ['a log', '/audit', '**/api/audit/me*', 'My own log'],
    ['a licence', `/licences/${org.path}`, `**/api/licences/${org.path}`, `Enterprise ${org.number}`],
    ['managing users', `/manage/${org.path}`, '**/api/licences/**/people*', `Manage users of Enterprise ${org.number}`],
    ['its people', `/licences/${org.path}`, '**/api/licences/**/people*', `Enterprise ${org.number}`],
  ];
  for (const [what, path, asked, title] of cases) {
    for (const [name, answer, said] of [
      ['our fault', problem(500, 'internal', { case: 'CASE-1' }), 'CASE-1'],
      ['too often', problem(429, 'too-often', { try_again_at: at }), 'Try again at 11:30 CET'],
      ['not reachable', (route) => route.abort(), 'We can’t reach the service'],
      ['something in between', (route) => route.fulfill({ status: 502, body: '<html>Bad gateway</html>' }), 'The service is not available right now'],
      ['not understood', (route) => route.fulfill({ status: 200, body: '<html>' }), 'The page did not understand the service’s answer'],
    ]) {
      await test.step(`${what}: ${name}`, async () => {
        await page.route(asked, answer);
        await page.goto(portal.portal + path);
        await expect(page.locator('main')).toContainText(said);
        await accessible(page);
        await page.unroute(asked);
        await page.getByRole('button', { name: 'Try again' }).click();
        await expect(heading(page)).toHaveText(title);
        await expect(page.locator('main')).not.toContainText(said);
      });
    }
  }
  // A service that takes long to say that it can't is not asked again and again.
  await page.clock.install();
  let asked = 0;
  await page.route('**/api/activations*', async (route) => {
    asked += 1;
    await page.clock.fastForward(29_000);
    await route.fulfill({ status: 504, body: '<html>Gateway timeout</html>' });
  });
  await page.goto(`${portal.portal}/activations`);
  await expect(page.locator('main')).toContainText('The service is not available right now');
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  expect(asked).toBe(1);
  await page.unroute('**/api/activations*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('row', { name: /Mail and Calendar Enterprise/ })).toBeVisible();
  // Whoever may not see a page is told so in its place, not beside its heading.
  await page.route('**/api/audit/**', problem(403, 'not-allowed'));
  await page.goto(`${portal.portal}/audit/${org.path}`);
  await expect(heading(page)).toHaveText('Something is wrong');
  await accessible(page);
});

test('UI-02: a page whose program is missing or can\'t run says so', async ({ browser, page, portal }) => {
  await page.route('**/*.wasm', (route) => route.abort());
  for (const path of ['/', '/a#x']) {
    await page.goto(portal.portal + path);
    await expect(page.locator('#broken')).toContainText('The page stopped working');
    await expect(page.locator('#broken-reference')).not.toBeEmpty();
  }
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const without = await plain.newPage();
  await without.goto(portal.portal);
  await expect(without.locator('noscript h1')).toHaveText('This portal needs JavaScript');
  await plain.close();
});

test('UI-01: titles and headings change, the keyboard is at the heading, going back leads to the place that was left', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  await page.goto(`${portal.portal}/`);
  await page.getByRole('link', { name: 'Activations', exact: true }).click();
  await expect(page).toHaveTitle('Manage activations – Countersign');
  await expect(heading(page)).toBeFocused();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Activations' })).toHaveAttribute('aria-current', 'page');
  await page.getByLabel('State').selectOption('invited');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page).toHaveURL(/\?state=invited$/);
  await page.getByRole('link', { name: 'Mail and Calendar Enterprise' }).click();
  await expect(page).toHaveTitle('Mail and Calendar Enterprise – Countersign');
  await expect(heading(page)).toBeFocused();
  await page.goBack();
  await expect(page).toHaveTitle('Manage activations – Countersign');
  await expect(page.getByLabel('State')).toHaveValue('invited');
  await page.goBack();
  await expect(page.getByLabel('State')).toHaveValue('');
  await page.goForward();
  await expect(page.getByLabel('State')).toHaveValue('invited');
  await page.reload();
  await expect(page.getByLabel('State')).toHaveValue('invited');
  expect(await page.evaluate(() => globalThis.notes)).toEqual([]);
});

test('UI-03 LINK-05: a long list has pages, a search, and a file of all that was found', async ({ page, own }) => {
  const org = own.organisation();
  const rows = org.rows().slice(0, -1);
  for (let nth = 0; nth < 60; nth++) {
    const licence = { programme: 'select', number: `S${String(nth).padStart(4, '0')}` };
    rows.push({ type: 'agreement', ...licence, customer: org.domain, starts: '2026-01-01', ends: '2028-12-31', contacts: { 'online-services-manager': org.osm, notices: org.notices } });
    rows.push({ type: 'order', id: `LONG-${nth}`, ...licence, purchased: '2026-11-10', usage_starts: '2026-11-10', lines: [{ product: nth % 2 ? 'CHAT' : 'MAIL-ENT', quantity: nth + 1 }] });
  }
  await own.load(rows);
  await own.enter(page.context(), org.notices);
  const shown = page.getByRole('table').getByRole('row');
  for (const [path, csv, head] of [['/activations', 'activations.csv', '\ufeffprogramme,programme_name,number,product'], ['/licences', 'licences.csv', '\ufeffprogramme,programme_name,number,customer_name']]) {
    await page.goto(own.portal + path);
    await expect(shown).toHaveCount(51);
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect(shown).toHaveCount(11);
    await accessible(page);
    await page.reload();
    await expect(shown).toHaveCount(11);
    await page.goBack();
    await expect(shown).toHaveCount(51);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(csv);
    const text = await readFile(await file.path(), 'utf8');
    expect(text.startsWith(head)).toBe(true);
    expect(text.trimEnd().split('\r\n')).toHaveLength(61);

    await page.getByRole('searchbox').fill('S0007');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect(shown).toHaveCount(2);
    await accessible(page);
    await page.getByRole('searchbox').fill('nothing like it');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect(page.locator('#results')).toContainText('No results');
    await page.getByRole('link', { name: 'Show all' }).click();
    await expect(shown).toHaveCount(51);
  }
  // The home page counts all of them, not those of a page; it names the first few, where links end first, and leads to all.
  await page.goto(`${own.portal}/`);
  const home = page.locator('main');
  await expect(home).toContainText('Ready to activate: 60.');
  await expect(home).toContainText('Seats in use: 0 of 1,830.');
  const first = page.getByRole('table', { name: 'Links that end first' }).getByRole('row');
  await expect(first).toHaveCount(6);
  await expect(first.nth(1)).toContainText(org.name);
  await accessible(page);
  await page.getByRole('link', { name: 'Show everything you can activate' }).click();
  await expect(shown).toHaveCount(51);
});

test('SAFE-02 UI-03: the log is exported whole, also where it comes in parts, and is searched', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.notices);
  await page.goto(`${portal.portal}/audit/${org.path}`);
  await page.getByRole('searchbox').fill('activation opened');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('table')).toContainText('Mail to the Online Services Manager'.toLowerCase().slice(0, 10), { ignoreCase: true });
  await accessible(page);

  const exported = async (name) => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const file = await download;
    return [file.suggestedFilename(), await readFile(await file.path(), 'utf8')];
  };
  const [name, whole] = await exported('Export as JSON lines');
  expect(name).toBe(`log-enterprise-${org.number}.jsonl`);
  expect(JSON.parse(whole.trimEnd().split('\n').at(-1))).toHaveProperty('end');

  // Three parts, each naming the next, become one file; which part is fetched is said.
  const held = [];
  await page.route('**/api/audit/**format=csv**', async (route) => {
    const part = Number(new URL(route.request().url()).searchParams.get('after') ?? 1);
    if (part > 1) await new Promise((resolve) => held.push(resolve));
    const link = part < 3 ? { link: `<${new URL(route.request().url()).pathname}?format=csv&after=${part + 1}>; rel="next"` } : {};
    await route.fulfill({ status: 200, contentType: 'text/csv', headers: link, body: `part ${part}\r\n` });
  });
  const csv = exported('Export as CSV');
  await expect(page.getByRole('status').filter({ hasText: 'part 2' })).toBeVisible();
  await accessible(page);
  await release(held, 1);
  await expect(page.getByRole('status').filter({ hasText: 'part 3' })).toBeVisible();
  await release(held, 1);
  expect(await csv).toEqual([`log-enterprise-${org.number}.csv`, '\ufeffpart 1\r\npart 2\r\npart 3\r\n']);

  // A part that does not come is said, and nothing is taken for the whole.
  await page.unroute('**/api/audit/**format=csv**');
  await page.route('**/api/audit/**format=csv**', (route) => route.abort());
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  await expect(page.getByRole('alert')).toContainText('We can’t reach the service');
  await accessible(page);
});

/** Holds requests back until they are released. */
function hold(page, pattern, which = () => true) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  page.route(pattern, async (route) => {
    if (which(route.request())) await released;
    await route.continue().catch(() => {});
  });
  return { release };
}

async function release(held, count) {
  await expect.poll(() => held.length).toBeGreaterThanOrEqual(count);
  held.splice(0, count).forEach((go) => go());
}
