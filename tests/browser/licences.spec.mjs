// The licences of a person as a list and each on its page: what stands above and below, contacts, people (PERM-01, LIC).
import { readFile } from 'node:fs/promises';

import { accessible, expect, fits, test } from './fixtures.mjs';
import { heading, tabTo } from './steps.mjs';

/** A telephone. */
const NARROW = { width: 380, height: 750 };

/** A master agreement of a boss, the organisation's enterprise enrolment below it, and one more level below that. */
function family(org) {
  const boss = `boss@${org.domain}`;
  const master = { programme: 'master', number: `M-${org.number}` };
  const agreement = (licence, parent, more) =>
    ({ type: 'agreement', ...licence, customer: org.domain, starts: '2026-01-01', ends: '2028-12-31', contacts: {}, parent, ...more });
  const rows = org.rows();
  const enterprise = { ...rows.pop(), parent: master };
  rows.push(
    agreement(master, undefined, { contacts: { primary: boss } }),
    enterprise,
    agreement({ programme: 'select', number: `S-${org.number}` }, org.licence, { starts: '2024-01-01', ends: '2026-10-31' }),
    agreement({ programme: 'open-value', number: `V-${org.number}` }, master, { ends: '2026-12-31' }),
    { ...org.orderRow([{ product: 'MAIL-ENT', quantity: 250 }]), reseller: 'orders@reseller.example' },
  );
  const called = { master: `Master agreement ${master.number}`, enterprise: `Enterprise ${org.number}`, select: `Select S-${org.number}`, value: `Open Value V-${org.number}` };
  return { boss, rows, called, agreement };
}

/** The rows of the list. */
const listed = (page) => page.locator('tbody').getByRole('row');

/** The link to the licence that a row is about. */
const linkIn = (row) => row.getByRole('cell').first().getByRole('link');

/** Presses the button that exports, and gives the file's name and lines. */
async function exported(page) {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const file = await download;
  return [file.suggestedFilename(), (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n')];
}

test('PERM-01 LIC-01 LIC-03 ROLE-04 UI-03: the list has what stands below set in, says where roles come from, and is filtered, searched and exported', async ({ page, portal, org }) => {
  const { boss, rows, called } = family(org);
  await portal.load(rows);
  await portal.enter(page.context(), boss);
  await page.goto(`${portal.portal}/`);
  await page.getByRole('navigation').getByRole('link', { name: 'Licences' }).click();
  await expect(heading(page)).toHaveText('My licences');
  await expect(listed(page)).toHaveCount(4);
  const order = [called.master, called.enterprise, called.select, called.value];
  await expect(linkIn(listed(page).nth(0))).toHaveText(order[0]);
  const left = [];
  for (const [nth, name] of order.entries()) {
    await expect(linkIn(listed(page).nth(nth))).toHaveText(name);
    left.push((await linkIn(listed(page).nth(nth)).boundingBox()).x);
  }
  expect(left[1]).toBeGreaterThan(left[0]);
  expect(left[2]).toBeGreaterThan(left[1]);
  expect(left[3]).toBe(left[1]);
  // What is seen by how far it is set in is said as well.
  const cell = (nth) => listed(page).nth(nth).getByRole('cell').first();
  await expect(cell(0)).not.toContainText('below');
  await expect(cell(1)).toContainText(`below ${called.master}`);
  await expect(cell(2)).toContainText(`below ${called.enterprise}`);
  for (const [nth, state, why] of [
    [0, 'Active', `Primary contact (${boss})`],
    [1, 'Active', `You are Administrator of the agreement above, ${called.master}.`],
    [2, 'Ended', `You are Administrator of the agreement above, ${called.enterprise}.`],
    [3, 'Ends soon', `You are Administrator of the agreement above, ${called.master}.`],
  ]) {
    await expect(listed(page).nth(nth)).toContainText('Administrator');
    await expect(listed(page).nth(nth)).toContainText(why);
    await expect(listed(page).nth(nth).locator('.tag')).toHaveText(state);
  }
  await accessible(page);
  const [name, lines] = await exported(page);
  expect(name).toBe('licences.csv');
  expect(lines).toHaveLength(5);

  const filter = async (choices, found) => {
    for (const [label, choice] of Object.entries(choices)) await page.getByLabel(label, { exact: true }).selectOption({ label: choice });
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect(listed(page)).toHaveCount(found.length);
    for (const [nth, of] of found.entries()) await expect(linkIn(listed(page).nth(nth))).toHaveText(of);
  };
  await filter({ State: 'Ended' }, [called.select]);
  await expect(page).toHaveURL(/\/licences\?state=ended$/);
  await expect(cell(0)).toContainText(`below ${called.enterprise}`);
  expect((await exported(page))[1]).toHaveLength(2);
  await page.reload();
  await expect(listed(page)).toHaveCount(1);
  await expect(page.getByLabel('State', { exact: true })).toHaveValue('ended');
  // What ends soon is active as well.
  await filter({ State: 'Active' }, [called.master, called.enterprise, called.value]);
  await filter({ Programme: 'Open Value' }, [called.value]);
  await accessible(page);
  await page.goBack();
  await expect(listed(page)).toHaveCount(3);
  await expect(page.getByLabel('Programme')).toHaveValue('');
  await filter({ State: 'All' }, order);
  // By what was ordered, too: it says what that is called.
  await portal.settle();
  for (const [text, count] of [[`S-${org.number}`, 1], [org.name, 4], ['calendar', 1], ['nothing like it', 0]]) {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect(listed(page)).toHaveCount(count);
    if (text === 'calendar') {
      await expect(cell(0)).toContainText(called.enterprise);
      await expect(cell(0)).toContainText('Mail and Calendar Enterprise');
      await accessible(page);
    }
  }
  await expect(page.locator('#results')).toContainText('No results');
  await accessible(page);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(listed(page)).toHaveCount(4);
  await page.setViewportSize(NARROW);
  await accessible(page);
  await fits(page);
});

test('LIC-01 ROLE-06: a licence’s page shows what is above and below, its contacts, and to Administrators its people', async ({ page, another, portal, org }) => {
  const { boss, rows, called } = family(org);
  await portal.load(rows);
  await portal.enter(page.context(), org.primary);
  await page.goto(`${portal.portal}/licences`);
  await linkIn(listed(page).first()).click();
  await expect(heading(page)).toHaveText(called.enterprise);
  await expect(heading(page)).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`/licences/${org.path}$`));
  const main = page.locator('main');
  await expect(main.locator('.tag').first()).toHaveText('Active');
  for (const fact of [org.name, '1 Jan 2026', '31 Dec 2028', 'orders@reseller.example', `Primary contact (${org.primary})`]) await expect(main).toContainText(fact);

  // The tree: what is above may be none of the reader's business, and is named without a link then.
  const tree = page.locator('.tree');
  await expect(tree.getByRole('listitem').first()).toContainText(called.master);
  await expect(tree.getByRole('link', { name: called.master })).toHaveCount(0);
  await expect(tree.getByRole('listitem').filter({ hasText: called.enterprise }).last()).toContainText('(this licence)');
  await expect(tree.getByRole('link', { name: called.select })).toBeVisible();
  await expect(tree).not.toContainText(called.value);

  const contacts = page.getByRole('table', { name: 'Contacts' });
  await expect(contacts.getByRole('row', { name: /Notices contact/ })).toContainText(org.notices);
  await expect(contacts.getByRole('row', { name: /Primary contact/ })).toContainText('This is you.');
  const people = page.getByRole('table', { name: 'People' });
  await expect(people.locator('tbody').getByRole('row')).toHaveCount(4);
  await expect(people.getByRole('row', { name: new RegExp(`^${boss}`) })).toContainText(`Administrator of the agreement above, ${called.master}.`);
  await expect(people.getByRole('row', { name: new RegExp(`^${org.osm}`) })).toContainText('Online Services Manager of this agreement.');
  await accessible(page);
  const [name, lines] = await exported(page);
  expect(name).toBe(`people-enterprise-${org.number}.csv`);
  expect(lines).toHaveLength(5);
  await page.getByRole('searchbox').fill('online services');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(people.locator('tbody').getByRole('row')).toHaveCount(1);
  await expect(heading(page)).toHaveText(called.enterprise);
  await page.reload();
  await expect(people.locator('tbody').getByRole('row')).toHaveCount(1);
  await page.getByRole('searchbox').fill('nobody-like-it');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.locator('#results')).toContainText('No results');
  await accessible(page);
  await page.setViewportSize(NARROW);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(people.locator('tbody').getByRole('row')).toHaveCount(4);
  await accessible(page);
  await fits(page);
  await people.getByRole('link', { name: org.osm }).click();
  await expect(heading(page)).toHaveText(`Who can do what on ${called.enterprise}`);
  await accessible(page);
  await page.getByRole('link', { name: called.enterprise }).click();
  await expect(heading(page)).toHaveText(called.enterprise);

  // The ways on lead there and back.
  for (const [way, title] of [['Where is my activation?', 'Where is my activation?'], ['Log', 'Log of a licence'], ['Why can I do this?', `What you can do on ${called.enterprise}`]]) {
    await main.getByRole('link', { name: way, exact: true }).click();
    await expect(heading(page)).toHaveText(title);
    await main.getByRole('link', { name: called.enterprise }).first().click();
    await expect(heading(page)).toHaveText(called.enterprise);
  }

  // Who is Administrator above opens what is above.
  const chief = await another();
  await portal.enter(chief.context(), boss);
  await chief.goto(`${portal.portal}/licences/${org.path}`);
  await chief.locator('.tree').getByRole('link', { name: called.master }).click();
  await expect(heading(chief)).toHaveText(called.master);
  await expect(chief.locator('main')).toContainText('No agreement stands above it.');
  await expect(chief.locator('.tree').getByRole('link')).toHaveText([called.enterprise, called.value, 'Search what is below this licence']);
  await accessible(chief);

  // Who is no Administrator sees addresses of others masked, and no people.
  const manager = await another();
  await portal.enter(manager.context(), org.osm);
  await manager.goto(`${portal.portal}/licences/${org.path}`);
  await expect(manager.getByRole('table', { name: 'Contacts' })).toContainText('•••');
  await expect(manager.locator('main')).not.toContainText(org.notices);
  await expect(manager.getByText('Only Administrators see the whole email addresses of others.')).toBeVisible();
  await expect(manager.getByRole('heading', { name: 'People' })).toHaveCount(0);
  await expect(manager.locator('.tree')).toContainText('No licence below it gives you a role.');
  await expect(manager.getByRole('link', { name: 'Request more permissions' })).toBeVisible();
  await accessible(manager);

  // For who has nothing there, it is as if it were not there.
  const stranger = await another();
  await portal.enter(stranger.context(), `nobody@outsiders-of-${org.domain}`);
  const told = [];
  for (const number of [org.number, '4711']) {
    await stranger.goto(`${portal.portal}/licences/enterprise/${number}`);
    await expect(heading(stranger)).toHaveText(`Enterprise ${number}`);
    await expect(stranger.getByRole('link', { name: 'Request permission' })).toBeVisible();
    told.push((await stranger.locator('main').innerText()).replaceAll(number, ''));
    await accessible(stranger);
  }
  expect(told[1]).toBe(told[0]);
});

test('ROLE-09 ROLE-06: the people of a licence show what comes with their roles, and until when, in the page and in the file', async ({ page, another, portal, org }) => {
  await portal.load(org.rows());
  const colleague = `colleague@${org.domain}`;
  const asker = await another();
  await portal.enter(asker.context(), colleague);
  const asked = { roles: ['download', 'software-assurance-manager'], benefits: ['home-use', 'software'], until: '2027-02-23' };
  await portal.ask(asker.context(), 'POST', '/api/requests/ask', { licence: org.licence, asked });
  await portal.settle();
  await portal.enter(page.context(), org.primary);
  const { requests } = await portal.ask(page.context(), 'GET', '/api/approvals');
  await portal.ask(page.context(), 'POST', '/api/approvals/decide', { request: { portal: requests[0].key }, decision: { grant: asked } });
  await page.goto(`${portal.portal}/licences/${org.path}`);
  const row = page.getByRole('table', { name: 'People' }).getByRole('row', { name: new RegExp(`^${colleague}`) });
  await expect(row).toContainText('Download, until the end of 23 Feb 2027 (UTC)');
  await expect(row).toContainText('Software Assurance Manager: Home use, Software, until the end of 23 Feb 2027 (UTC)');
  await accessible(page);
  const [, lines] = await exported(page);
  expect(lines.find((line) => line.includes(colleague))).toContain('"Home use; Software"');
  expect(lines.find((line) => line.includes(colleague))).toContain('Download until the end of 23 February 2027 (UTC)');
  await page.setViewportSize(NARROW);
  await accessible(page);
  await fits(page);
});

test('LIC-01 UI-03: what stands below a licence has a list of its own, with pages, a search and a file', async ({ page, portal, org }) => {
  const { boss, rows, called, agreement } = family(org);
  for (let nth = 0; nth < 55; nth++) {
    rows.push(agreement({ programme: 'open-value', number: `${org.number}-${String(nth).padStart(2, '0')}` }, org.licence));
  }
  await portal.load(rows);
  await portal.enter(page.context(), boss);
  await page.goto(`${portal.portal}/licences/${org.path}`);
  await page.getByRole('link', { name: 'Search what is below this licence' }).click();
  await expect(heading(page)).toHaveText(`Below ${called.enterprise}`);
  await expect(heading(page)).toBeFocused();
  await expect(listed(page)).toHaveCount(50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(listed(page)).toHaveCount(6);
  await expect(heading(page)).toHaveText(`Below ${called.enterprise}`);
  const [, lines] = await exported(page);
  expect(lines).toHaveLength(57);
  await page.getByLabel('Programme').selectOption({ label: 'Select' });
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(listed(page)).toHaveCount(1);
  await page.getByLabel('State', { exact: true }).selectOption({ label: 'Active' });
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.locator('#results')).toContainText('No results');
  await accessible(page);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(heading(page)).toHaveText(`Below ${called.enterprise}`);
  await expect(listed(page)).toHaveCount(50);
  await accessible(page);

  // From one list to the other, and back.
  await page.getByRole('navigation').getByRole('link', { name: 'Licences' }).click();
  await expect(heading(page)).toHaveText('My licences');
  await expect(listed(page).first()).toContainText(called.master);
  await page.goBack();
  await expect(heading(page)).toHaveText(`Below ${called.enterprise}`);
  await page.getByRole('main').getByRole('link', { name: called.enterprise }).first().click();
  await expect(heading(page)).toHaveText(called.enterprise);

  // Where nothing stands below, the list says what would.
  await page.goto(`${portal.portal}/licences?below=${encodeURIComponent(`select/S-${org.number}`)}`);
  await expect(page.locator('#results')).toContainText('No licence below it gives you a role.');
  await accessible(page);
});

test('UI-02 LIC-03: a licence is found and opened with the keyboard alone', async ({ page, portal, org }) => {
  const { boss, rows, called } = family(org);
  await portal.load(rows);
  await portal.enter(page.context(), boss);
  await page.goto(`${portal.portal}/licences`);
  await expect(listed(page)).toHaveCount(4);
  await tabTo(page, page.getByLabel('State', { exact: true }));
  await page.keyboard.type('Ends');
  await tabTo(page, page.getByRole('searchbox'));
  await page.keyboard.type(`V-${org.number}`);
  await page.keyboard.press('Enter');
  await expect(listed(page)).toHaveCount(1);
  await tabTo(page, linkIn(listed(page).first()));
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText(called.value);
  await expect(heading(page)).toBeFocused();
  await expect(page.locator('main')).toContainText('The agreement names no contacts.');
  await tabTo(page, page.locator('.tree').getByRole('link', { name: called.master }));
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText(called.master);
  await tabTo(page, page.getByRole('searchbox'));
  await page.keyboard.type(boss);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('table', { name: 'People' }).locator('tbody').getByRole('row')).toHaveCount(1);
  await accessible(page);
});
