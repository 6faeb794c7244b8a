// The four pages that mails lead to, at the addresses that gateways, trackers and mail programs make of them.
import { accessible, expect, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

/** What mail systems make of `PAGE#TOKEN`. */
const CHANGES = {
  'as it was mailed': (page, token) => `${page}#${token}`,
  'encoded once': (page, token) => `${page}%23${token}`,
  'encoded twice': (page, token) => `${page}%2523${token}`,
  'with a slash before the #': (page, token) => `${page}/#${token}`,
  'with a tail': (page, token) => `${page}#${token}?x`,
  'with the bracket behind it': (page, token) => `${page}#${token}>`,
  'with the bracket, encoded': (page, token) => `${page}%23${token}%3E`,
  'with a full stop': (page, token) => `${page}#${token}.`,
  'with a tracker’s parameters before the #': (page, token) => `${page}?utm_source=mail&utm_campaign=autumn#${token}`,
  'with a tracker’s parameters behind the #': (page, token) => `${page}#${token}&utm_source=mail&utm_campaign=autumn`,
  'with a tracker’s parameters, encoded': (page, token) => `${page}%23${token}?utm_source=mail`,
  'with a tracker’s parameters before the encoded #': (page, token) => `${page}?utm_source=mail%23${token}`,
  'with a capital host': (page, token) => `${page}#${token}`.replace('localhost', 'LOCALHOST').replace('http:', 'HTTP:'),
};

/** Two links of each page, and how the page behind each is recognised. */
const PAGES = {
  a: async ({ portal, org }) => {
    await portal.load([...org.rows(), org.orderRow([{ product: 'MAIL-ENT', quantity: 5 }, { product: 'CHAT', quantity: 5 }])]);
    const named = async (about) => ({ link: (await org.link({ about })).link, title: `Activate ${about}`, says: about });
    return [await named('Mail and Calendar Enterprise'), await named('Team Chat')];
  },
  s: async ({ portal, org }, page) => {
    // The browser that asked is signed in at once: here it is another one, which is asked for the address.
    const asked = async (address) => {
      await portal.ask(page.context(), 'POST', '/api/sign-in/ask', { address });
      const { link } = await portal.mail(address, { kind: 'sign-in-code', link: 's' });
      return { link, title: 'Type your address', address };
    };
    return [await asked(org.osm), await asked(org.notices)];
  },
  p: async ({ portal, org }, page) => {
    await portal.enter(page.context(), org.osm);
    const added = async (name) => {
      const address = `${name}@${org.domain}`;
      await portal.ask(page.context(), 'POST', '/api/me/addresses', { address, repeated: address });
      return { link: (await portal.mail(address, { link: 'p' })).link, title: 'Is this your address?', says: address };
    };
    return [await added('first'), await added('second')];
  },
  j: async ({ portal, org }, page) => {
    const id = `account of ${org.domain}`;
    const account = { type: 'account', id, name: `${org.name} Production`, customer: org.domain, domains: [org.domain], global_admins: [`boss@${org.domain}`], billing_admins: [] };
    await portal.load([...org.rows(), account, org.orderRow([{ product: 'MAIL-ENT', quantity: 5 }])]);
    const asked = [];
    for (const asker of [org.osm, org.primary]) {
      await page.context().clearCookies();
      await portal.enter(page.context(), asker);
      await portal.ask(page.context(), 'POST', '/api/joins/ask', { target: { portal: { licence: org.licence, product: 'MAIL-ENT' } }, account: id });
      const { link } = await portal.mail(`boss@${org.domain}`, { link: 'j', about: asker });
      asked.push({ link, title: `${asker} asks to join ${account.name}`, says: asker });
    }
    return asked;
  },
  r: async ({ portal, org }, page) => {
    await portal.load(org.rows());
    const asked = [];
    for (const asker of [`first@${org.domain}`, `second@${org.domain}`]) {
      await page.context().clearCookies();
      await portal.enter(page.context(), asker);
      await portal.ask(page.context(), 'POST', '/api/requests/ask', { licence: org.licence, asked: { roles: ['licensing-info'] } });
      const { link } = await portal.mail(org.notices, { link: 'r', about: asker });
      asked.push({ link, title: `${asker} asks for permission on Enterprise ${org.number}`, says: asker });
    }
    return asked;
  },
};

/** The page is that of this link, and its token stands behind the `#` at most. */
async function shows(page, { link, title, says }) {
  await expect(heading(page)).toHaveText(title);
  if (says) await expect(page.locator('main')).toContainText(says);
  const token = link.split('#')[1];
  const { pathname, search, hash } = new URL(page.url());
  expect([pathname, search], page.url()).toEqual([new URL(link).pathname, '']);
  expect(['', `#${token}`]).toContain(hash);
  // What the page keeps is the whole token and nothing else, wherever it keeps it.
  const kept = await page.evaluate(() => location.hash.slice(1) || Object.entries(sessionStorage).find(([name]) => /-link$/.test(name))?.[1]);
  expect(kept).toBe(token);
}

for (const [name, links] of Object.entries(PAGES)) {
  test(`LINK-01 LINK-08: the page /${name} opens at its address as mail systems change it, and puts the address right`, async ({ page, cold, portal, org }) => {
    const [first] = await links({ portal, org }, page);
    const asked = [];
    cold.on('request', (request) => asked.push(request.url()));
    const [place, token] = first.link.split('#');
    for (const [how, change] of Object.entries(CHANGES)) {
      await test.step(how, async () => {
        await cold.goto('about:blank');
        asked.length = 0;
        await cold.goto(change(place, token));
        await shows(cold, first);
        // Only the first request, which a gateway made so, may have the token in it.
        expect(asked.slice(1).filter((url) => url.split('#')[0].includes(token)), how).toEqual([]);
        await cold.reload();
        await shows(cold, first);
      });
    }
    await accessible(cold);
  });

  test(`LINK-02 LINK-08: in the tab of /${name} the newest link counts, also the whole one after one that was cut`, async ({ page, cold, portal, org }) => {
    const [first, second] = await links({ portal, org }, page);
    await cold.goto(first.link);
    await shows(cold, first);
    await cold.goto(second.link);
    await shows(cold, second);
    await cold.goto(`${first.link.slice(0, -5)}`);
    await expect(heading(cold)).toHaveText('This link is not complete');
    await accessible(cold);
    await cold.goto(`${first.link}&utm_source=mail`);
    await shows(cold, first);
    await expect(heading(cold)).toBeFocused();
    await cold.goto(second.link);
    await shows(cold, second);
    await accessible(cold);
  });
}

test('LINK-02: “Sign in and continue” takes the link that is shown', async ({ cold, portal, org }) => {
  const [first, second] = await PAGES.a({ portal, org });
  await cold.goto(first.link);
  await shows(cold, first);
  await cold.goto(second.link);
  await shows(cold, second);
  await cold.getByRole('button', { name: 'Sign in and continue' }).click();
  await portal.signIn(cold, org.osm);
  await expect(heading(cold)).toHaveText(second.title);
});

test('LINK-08 REG-03: a link that lost its end says what it was for and what to do, and the code of the mail signs in there', async ({ page, cold, portal, org }) => {
  for (const [path, purpose, way] of [
    ['/a', 'lets you activate a product', 'Go to your activations'],
    ['/s', 'signs you in', 'Ask for a new email'],
    ['/p', 'confirms that an email address is yours', 'Go to your profile'],
    ['/j', 'shows a request to join your organisation’s account', 'All requests to join'],
    ['/r', 'shows a request for permission', 'All requests for permission'],
  ]) {
    await cold.goto('about:blank');
    await cold.goto(portal.portal + path);
    await expect(heading(cold)).toHaveText('This link is not complete');
    await expect(cold.locator('main')).toContainText(purpose);
    await expect(cold.locator('main')).toContainText('Click the link in the email again');
    await expect(cold.getByRole('link', { name: way })).toBeVisible();
    await accessible(cold);
  }
  await portal.load(org.rows());
  const [{ link }] = await PAGES.s({ portal, org }, page);
  const { code } = await portal.mail(org.osm, { kind: 'sign-in-code' });
  await cold.goto(link.split('#')[0]);
  await cold.getByRole('button', { name: 'Sign in' }).click();
  await expect(cold.getByRole('alert')).toBeVisible();
  await cold.getByLabel('Work email address').fill(org.osm);
  await cold.getByLabel('Code of six digits').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await cold.getByRole('button', { name: 'Sign in' }).click();
  await cold.waitForURL((url) => url.pathname === '/country');
});

test('LINK-08 REG-07: where the link to confirm an address lost its end, the code of the mail does as well', async ({ page, portal, org }) => {
  const [{ link, says }] = await PAGES.p({ portal, org }, page);
  const { code } = await portal.mail(says, { link: 'p' });
  await page.goto(link.split('#')[0]);
  await expect(heading(page)).toHaveText('This link is not complete');
  await page.getByLabel('Code of six digits').fill(code);
  await accessible(page);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(heading(page)).toHaveText('You confirmed the address');
});
