// A second activation link in the same tab: what the tab keeps belongs to one activation, and ends with it (LINK-02, LINK-04).
import { expect, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

/** Opens a mailed link in this tab and goes on as who is signed in, up to the choice of the account. */
async function open(page, link) {
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(page.getByLabel('A new account')).toBeVisible();
}

async function confirm(page) {
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(page)).toContainText('is activated');
}

test('LINK-02 LINK-04: a second link in the same tab starts afresh, on the same account too', async ({ page, portal, org }) => {
  // One person is the online services manager of two customers, and administers an account.
  const other = portal.organisation('Fabrikam');
  const contacts = { 'online-services-manager': org.osm, notices: other.notices, primary: other.primary };
  const account = { type: 'account', id: `main ${org.domain}`, name: `${org.name} Main`, customer: org.domain, domains: [org.domain],
    global_admins: [org.osm], billing_admins: [], };
  const first = await org.buys();
  await portal.load([...other.rows({ contacts }), other.orderRow([{ product: 'CHAT', quantity: 10 }])]);
  const second = await portal.mail(org.osm, { link: 'a', about: 'Fabrikam' });
  await portal.load([account]);
  await portal.enter(page.context(), org.osm);

  await open(page, first.link);
  await page.getByLabel('A new account').check();
  await page.getByLabel('Name of the new account').fill('Chosen for the first link');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Check before you activate')).toBeVisible();

  // Halfway through, the other customer's link comes: what was typed for the first one is not proposed here.
  await open(page, second.link);
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(0);
  await page.getByLabel('A new account').check();
  await expect(page.getByLabel('Name of the new account')).toHaveValue(other.name);

  // Back at the first, its choice is still there. Both are put on the one account: each confirmation is one of its own.
  await open(page, first.link);
  await expect(page.getByLabel('A new account')).toBeChecked();
  await expect(page.getByLabel('Name of the new account')).toHaveValue('Chosen for the first link');
  for (const link of [first.link, second.link]) {
    await open(page, link);
    await page.getByRole('radio', { name: account.name }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await confirm(page);
  }
});
