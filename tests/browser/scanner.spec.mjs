// A mail scanner: it opens every link of every mail in a cold browser with scripts on, presses every button, submits every form as
// it finds it, and follows every way on. Afterwards nothing may have changed.
import { accessible, expect, test } from './fixtures.mjs';
import { until } from './portal.mjs';
import { activate, heading } from './steps.mjs';

test('APR-02 LINK-01 LINK-08 REG-03 REG-07: a scanner that presses every button and submits every form changes nothing', async ({ browser, page, cold, own }) => {
  test.setTimeout(1_200_000);
  const scene = await mailsOfEveryKind(own, page);
  const mails = await everyMail(own);
  for (const kind of Object.keys(KINDS)) {
    expect(mails.some((mail) => KINDS[kind].test(mail.subject)), `there is a mail of the kind ${kind}`).toBe(true);
  }

  // What runs by the clock is done before, so that whatever changes is the scanner's doing.
  await own.moveOn(0);
  const before = await everything(own);
  const links = [...new Set(mails.flatMap((mail) => mail.links))].filter((link) => link.startsWith(own.portal));
  expect(links.length).toBeGreaterThanOrEqual(12);
  const did = { pressed: 0, submitted: 0, opened: 0, seen: new Set(links) };
  for (const link of links) await scan(browser, own, link, did);
  // It found what there is: every page behind a link has something to press, and there are forms.
  expect(did.opened).toBeGreaterThanOrEqual(links.length);
  expect(did.pressed).toBeGreaterThan(20);
  expect(did.submitted).toBeGreaterThan(10);

  await own.settle();
  expect(await everyMail(own)).toEqual(mails);
  expect(await everything(own)).toEqual(before);

  // The links still work for those to whom they were mailed.
  await cold.goto(scene.signIn.link);
  await cold.getByLabel('Work email address').fill(scene.signIn.to);
  await cold.getByRole('button', { name: 'Sign in' }).click();
  await cold.waitForURL((url) => url.pathname === '/country');
  await page.goto(scene.proof.link);
  await page.getByLabel(/^Add /).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('You confirmed the address');
  await activate(page, scene.good.link);
  await accessible(page);
});

const KINDS = {
  'sign-in code': /^Your code/,
  'proof of an address': /^Confirm your email address/,
  welcome: /^You are named/,
  'first link': /^Activate /,
  'new link': /^New link/,
  'the same link again': /^Your link again/,
  reminder: /left: activate/,
  'ended link': /has expired$/,
  'key notice': /^Product key/,
  assigned: /^Assigned/,
  activated: /^Activated/,
  'taken back': /^Undone/,
  'request to join': /asks to join/,
  'request for permission': /asks for permission on/,
  'move proposed': /^Please decide: (?!.*(asks to join|for permission))/,
  'moved': /^Moved/,
};

/** Makes the portal write a mail of every kind; the person in `page` has asked for some of them. */
async function mailsOfEveryKind(own, page) {
  const [org, other, older, ending, assigned] = ['Contoso', 'Fabrikam', 'Adatum', 'Litware', 'Woodgrove'].map((name) => own.organisation(name));
  await own.arrived(await ending.buys({ purchased: '2026-05-01' }));
  await own.moveTo('2026-11-30T00:00:00Z');
  await own.arrived(await older.buys({ purchased: '2026-05-01' }));
  await own.moveTo('2026-12-24T00:00:00Z');
  await own.mail(older.osm, { kind: 'reminder' });
  await own.mail(ending.osm, { kind: 'ended' });

  await org.buys({ purchased: '2026-12-20' });
  await own.load([org.orderRow([{ product: 'TOOLS', quantity: 5 }])]);
  await own.enter(page.context(), org.osm);
  const which = (product) => ({ licence: org.licence, product });
  const first = await org.link({ kind: 'first' });
  await own.ask(page.context(), 'POST', '/api/links/ask', { token: first.link.split('#')[1] });
  await own.ask(page.context(), 'POST', '/api/activations/resend', which('MAIL-ENT'));
  const good = await org.link({ kind: 'resent' });
  await own.ask(page.context(), 'POST', '/api/me/addresses', { address: `more@${org.domain}`, repeated: `more@${org.domain}` });
  const proof = await own.mail(`more@${org.domain}`, { kind: 'prove-address', link: 'p' });
  await own.ask(page.context(), 'POST', '/api/sign-in/ask', { address: org.primary });
  const signIn = await own.mail(org.primary, { kind: 'sign-in-code', link: 's' });

  const { link } = await other.buys({ purchased: '2026-12-20' });
  const manager = await page.context().browser().newContext();
  const managers = await manager.newPage();
  await own.enter(manager, other.osm);
  await activate(managers, link);
  await own.ask(manager, 'POST', '/api/activations/undo', { licence: other.licence, product: 'MAIL-ENT' });
  await manager.close();

  const account = (id) => ({ type: 'account', id, name: `Account ${id}`, customer: assigned.domain, domains: [`${id}.example`], global_admins: [`admin@${id}.example`], billing_admins: [] });
  await own.load([
    ...assigned.rows(),
    { ...account('first'), global_admins: [assigned.osm] },
    account('second'),
    assigned.orderRow([{ product: 'CHAT', quantity: 7 }]),
  ]);
  await own.mail(assigned.osm, { kind: 'assigned' });
  // One side proposes a move, the other agrees.
  for (const side of [assigned.osm, 'admin@second.example']) {
    const context = await page.context().browser().newContext();
    await own.enter(context, side);
    await own.ask(context, 'POST', '/api/activations/remap', { licence: assigned.licence, product: 'CHAT', account: 'second' });
    await context.close();
    await own.settle();
  }

  // Somebody asks to join the account that the organisation has.
  const joining = own.organisation('Proseware');
  await own.load([
    ...joining.rows(),
    { ...account('theirs'), customer: joining.domain },
    joining.orderRow([{ product: 'CHAT', quantity: 3 }]),
  ]);
  const asker = await page.context().browser().newContext();
  await own.enter(asker, joining.osm);
  await own.ask(asker, 'POST', '/api/joins/ask', { target: { portal: { licence: joining.licence, product: 'CHAT' } }, account: 'theirs' });
  await own.mail('admin@theirs.example', { link: 'j', about: 'asks to join' });
  await asker.close();

  // A colleague asks for permission on a licence.
  const colleague = await page.context().browser().newContext();
  await own.enter(colleague, `colleague@${joining.domain}`);
  await own.ask(colleague, 'POST', '/api/requests/ask', { licence: joining.licence, asked: { roles: ['licensing-info', 'download'] } });
  await own.mail(joining.notices, { link: 'r', about: 'asks for permission' });
  await colleague.close();

  for (const mail of await everyMail(own)) await own.arrived(mail);
  return { good, proof, signIn };
}

async function everyMail(own) {
  const { mails, of } = await (await fetch(`${own.mailbox}/api/mails?limit=500`)).json();
  expect(mails).toHaveLength(of);
  return mails;
}

/** Every item of the database, but for the note how far the sweep is. */
async function everything(own) {
  const all = {};
  for (const table of ['licences', 'orders', 'catalogue', 'accounts', 'listings', 'people', 'audit', 'outbox', 'mails', 'marks', 'tokens']) {
    const items = [];
    let from;
    do {
      const { Items, LastEvaluatedKey } = await own.askDatabase('Scan', { TableName: own.tables + table, ExclusiveStartKey: from });
      items.push(...Items);
      from = LastEvaluatedKey;
    } while (from);
    const plain = items.map((item) => JSON.stringify(sorted(item))).filter((item) => !item.includes('watermark'));
    all[table] = plain.sort();
  }
  return all;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** What a scanner does with a link. */
async function scan(browser, own, link, did) {
  const context = await browser.newContext();
  for (const method of ['HEAD', 'GET']) await context.request.fetch(link, { method });
  const page = await context.newPage();
  const quiet = quietOf(page);
  const open = async (address) => {
    await page.goto('about:blank');
    await page.goto(address);
    did.opened++;
    await quiet();
  };
  const controls = () => page.locator('button:visible, summary:visible, a[href]:visible');
  const submitAll = async () => {
    const forms = await page.locator('form').count();
    for (let nth = 0; nth < forms; nth++) {
      const form = page.locator('form').nth(nth);
      if ((await page.locator('form').count()) <= nth) break;
      await form.evaluate((form) => form.requestSubmit()).catch(() => {});
      did.submitted++;
      await quiet();
    }
  };
  const queue = [[link, 0]];
  while (queue.length) {
    const [address, depth] = queue.shift();
    await open(address);
    await submitAll();
    await open(address);
    // What is closed is opened first, so that what is in it is found.
    for (const closed of await page.locator('details:not([open]) > summary').all()) await closed.click();
    const count = await controls().count();
    for (let nth = 0; nth < count; nth++) {
      const target = controls().nth(nth);
      const href = await target.evaluate((element) => element.closest('a[href]')?.href ?? '');
      if (href) {
        // The way to a place of the same page is none.
        const [place, fragment] = href.split('#');
        const elsewhere = !fragment || place !== page.url().split('#')[0];
        if (href.startsWith(own.portal) && elsewhere && depth < 2 && !did.seen.has(href)) {
          did.seen.add(href);
          queue.push([href, depth + 1]);
        }
        continue;
      }
      await target.click();
      did.pressed++;
      await quiet();
      await submitAll();
      await open(address);
      for (const closed of await page.locator('details:not([open]) > summary').all()) await closed.click();
    }
  }
  const names = (await context.cookies()).map((cookie) => cookie.name);
  expect(names.filter((name) => /session/.test(name))).toEqual([]);
  await context.close();
}

/** Waits until a page has nothing under way any more. */
function quietOf(page) {
  let open = 0;
  page.on('request', () => open++);
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, () => open--);
  const frame = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))).catch(() => {});
  return async () => {
    for (let round = 0; round < 2; round++) {
      await frame();
      await until(() => open <= 0, 'a quiet page');
    }
  };
}
