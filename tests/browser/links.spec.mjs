// What becomes of a mailed activation link: replaced, asked for again, joined by further orders, opened by the wrong person.
import { accessible, expect, fits, test } from './fixtures.mjs';
import { activate, heading } from './steps.mjs';

test('ACT-14 LINK-08: a new link replaces the old one, which says so and offers what helps', async ({ page, cold, portal, org }) => {
  const old = await org.buys();
  await portal.enter(page.context(), org.osm);
  await page.goto(`${portal.portal}/activations/${org.path}/MAIL-ENT`);
  const end = page.getByRole('term').filter({ hasText: 'Link works until' }).locator('xpath=following-sibling::dd');
  const before = await end.textContent();
  await page.getByRole('button', { name: 'Send a new link' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('stops working');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Send a new link' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'An email with a new link is on its way' })).toBeVisible();
  await accessible(page);
  const fresh = await org.link({ kind: 'resent' });
  expect(fresh.link).not.toBe(old.link);
  expect(await end.textContent()).toBe(before);

  await cold.goto(old.link);
  await expect(heading(cold)).toHaveText(/We sent a newer email for Mail and Calendar Enterprise/);
  await expect(cold.getByRole('link', { name: 'Sign in to the portal' })).toBeVisible();
  await expect(cold.getByText('Need the email again?')).toBeVisible();
  await accessible(cold);
  await cold.goto('about:blank');
  await cold.goto(fresh.link);
  await expect(heading(cold)).toHaveText('Activate Mail and Calendar Enterprise');

  // Three a day. Whoever has the dialog open while others use them up is told when the next one can be asked for.
  await page.route(`**/api/activations/${org.path}/**`, (route) => route.abort());
  await page.getByRole('button', { name: 'Send a new link' }).click();
  for (let count = 2; count <= 3; count++) {
    await portal.ask(page.context(), 'POST', '/api/activations/resend', { licence: org.licence, product: 'MAIL-ENT' });
    await portal.settle();
  }
  await dialog.getByRole('button', { name: 'Send a new link' }).click();
  await expect(dialog.getByRole('alert')).toContainText(/Too many requests[\s\S]*Try again on 23 Nov 2026/);
  await accessible(page);
  expect(await portal.mails(org.osm, { kind: 'resent' })).toHaveLength(3);
  // From then on it is not offered.
  await page.unroute(`**/api/activations/${org.path}/**`);
  await page.reload();
  await expect(page.getByRole('link', { name: 'Activate', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send a new link' })).toHaveCount(0);
});

test('LINK-08: whoever holds the link asks for the mail again without signing in, once a day', async ({ cold, portal, org }) => {
  const first = await org.buys();
  await cold.goto(first.link);
  const ask = async () => {
    await cold.getByText('Need the email again?').click();
    await cold.getByLabel(/Yes, send it again/).check();
    await cold.getByRole('button', { name: 'Send the email again' }).click();
  };
  await cold.getByText('Need the email again?').click();
  await cold.getByRole('button', { name: 'Send the email again' }).click();
  await expect(cold.getByRole('alert')).toContainText('Choose “Yes”');
  await accessible(cold);
  await cold.getByText('Need the email again?').click();
  await ask();
  await expect(heading(cold)).toHaveText('The email is on its way');
  await expect(cold.locator('main')).not.toContainText(org.osm);
  await accessible(cold);
  const again = await org.link({ kind: 'again' });
  expect(again.link).toBe(first.link);

  await cold.goto('about:blank');
  await cold.goto(first.link);
  await ask();
  await expect(cold.getByRole('alert')).toContainText(/Try again on 23 Nov 2026/);
  await accessible(cold);
  expect(await portal.mails(org.osm, { kind: 'again' })).toHaveLength(1);
});

test('ACT-07 ACT-10: a further order joins what is open, and what is in use, without a mail', async ({ page, cold, portal, org }) => {
  const first = await org.buys();
  await portal.load([org.orderRow([{ product: 'MAIL-ENT', quantity: 50 }])]);
  await cold.goto(first.link);
  await expect(cold.getByText('300 seats')).toBeVisible();

  await portal.enter(page.context(), org.osm);
  await activate(page, first.link);
  await portal.load([org.orderRow([{ product: 'MAIL-ENT', quantity: 25 }])]);
  await page.goto(`${portal.portal}/where/${org.path}`);
  await expect(page.locator('main')).toContainText('325 seats in all');
  await expect(page.locator('main')).toContainText('It is in use on the account');
  const cards = page.getByRole('article');
  await expect(cards).toHaveCount(3);
  await cards.nth(1).getByText('How we decided').click();
  await expect(cards.nth(1)).toContainText('We added the quantity to it and sent no second email.');
  await cards.nth(2).getByText('How we decided').click();
  await expect(cards.nth(2)).toContainText('We added the quantity to the same account.');
  await accessible(page);
  expect(await portal.mails(org.osm, { link: 'a' })).toHaveLength(1);
});

test('LINK-07: what was taken back is activated again, with the same link', async ({ page, portal, org }) => {
  const { link } = await org.buys();
  await portal.enter(page.context(), org.osm);
  await activate(page, link);
  await page.getByRole('button', { name: 'Undo activation' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo activation' }).click();
  await expect(heading(page)).toHaveText('The activation is undone');
  await accessible(page);
  await activate(page, link);
  await page.getByRole('link', { name: 'Open this activation' }).click();
  await expect(page.locator('main')).toContainText('It is in use.');
});

test('LINK-02 LINK-08: the wrong person is told so, and goes on as the right one', async ({ page, portal, org }) => {
  const other = portal.organisation('Fabrikam');
  const { link } = await org.buys();
  await portal.enter(page.context(), other.osm);
  await page.goto(link);
  await expect(page.locator('main')).toContainText(`You are signed in as ${other.osm}`);
  await accessible(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('This is for another person');
  await expect(page.locator('main')).not.toContainText(org.osm);
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Sign in as someone else' }).click();
  await portal.signIn(page, org.osm);
  await expect(page.locator('main')).toContainText(`Signed in as ${org.osm}`);
});

test('LINK-04: two confirm at once; one activates, the other sees its outcome', async ({ page, cold, portal, org }) => {
  const { link } = await org.buys();
  await portal.enter(page.context(), org.osm);
  await portal.enter(cold.context(), org.notices);
  for (const each of [page, cold]) {
    await each.goto(link);
    await each.getByRole('button', { name: 'Continue' }).click();
    await each.getByLabel('A new account').check();
    await each.getByRole('button', { name: 'Continue' }).click();
    await each.getByLabel('Yes, activate').check();
  }
  await Promise.all([page, cold].map((each) => each.getByRole('button', { name: 'Confirm' }).click()));
  const titles = await Promise.all([page, cold].map(async (each) => {
    await expect(heading(each)).toHaveText(/activated/);
    return heading(each).textContent();
  }));
  expect(titles.filter((title) => title.endsWith('is activated'))).toHaveLength(1);
  await accessible(cold);
});
