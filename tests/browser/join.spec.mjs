// Joining an account that the customer has already (LINK-03, ORG-04): asked for in the wizard, granted by an administrator
// who signs in from the mail, used for the activation; denied from the mail without signing in.
import { accessible, expect, test } from './fixtures.mjs';
import { activate } from './steps.mjs';

/** The organisation has an account that its online services manager does not administer. */
async function hasAccount(portal, org) {
  const account = { type: 'account', id: `account of ${org.domain}`, name: `${org.name} Production`, customer: org.domain, domains: [org.domain],
    global_admins: [`boss@${org.domain}`, `chief@${org.domain}`], billing_admins: [] };
  await portal.load([...org.rows(), account]);
  return account.name;
}

/** The online services manager opens the mailed link, signs in, and asks to join. */
async function askToJoin(page, portal, org) {
  const account = await hasAccount(portal, org);
  await page.goto((await org.buys()).link);
  await page.getByRole('button', { name: 'Sign in and continue' }).click();
  await portal.signIn(page, org.osm);
  await expect(page.getByRole('heading', { name: `Joining the account ${account}` })).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Ask to join' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask to join' }).click();
  await expect(page.getByText('If nobody decides, the request expires on')).toBeVisible();
  await expect(page.locator('main')).not.toContainText(`boss@${org.domain}`);
  await accessible(page);
  return account;
}

/** The link to decide, as it was mailed. */
async function toDecide(portal, to) {
  return (await portal.mail(to, { link: 'j', about: 'asks to join' })).link;
}

test('LINK-03 ORG-04 APR-02 APR-05: asked in the wizard, granted with the administrator’s session, and activated there', async ({ page, another, portal, org }) => {
  const account = await askToJoin(page, portal, org);

  // Reloading keeps the place, and the page of the activation says the same.
  await page.reload();
  await expect(page.getByText('If nobody decides, the request expires on')).toBeVisible();
  await page.goto(`${portal.portal}/activations/${org.path}/MAIL-ENT`);
  await expect(page.getByText('If nobody decides, the request expires on')).toBeVisible();
  await accessible(page);

  const boss = await another();
  await boss.goto(await toDecide(portal, `boss@${org.domain}`));
  await expect(boss.getByRole('heading', { level: 1 })).toContainText(`${org.osm} asks to join ${account}`);
  expect(boss.url()).not.toContain('#');
  await accessible(boss);
  // A form without a choice decides nothing.
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByRole('alert').first()).toBeVisible();
  await boss.getByLabel('Sign in to let the person join').check();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await portal.signIn(boss, `boss@${org.domain}`);
  await expect(boss.getByLabel('Yes, as billing administrator')).toBeVisible();
  await accessible(boss);
  await boss.getByLabel('Yes, as billing administrator').check();
  await boss.getByLabel('Message to the person (optional)').fill('Welcome aboard');
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByRole('heading', { level: 1 })).toContainText(`has joined ${account}`);
  await accessible(boss);

  await portal.mail(org.osm, { about: `You have joined the account ${account}` });
  await portal.mail(`chief@${org.domain}`, { about: 'Decided' });

  // The other administrator's link shows what was decided.
  const chief = await another();
  await chief.goto(await toDecide(portal, `chief@${org.domain}`));
  await expect(chief.getByRole('heading', { level: 1 })).toContainText(`has joined ${account}`);
  await expect(chief.getByText('Another administrator decided before you.')).toBeVisible();
  await accessible(chief);

  await page.goto(`${portal.portal}/activate/${org.path}/MAIL-ENT`);
  await expect(page.getByRole('heading', { name: `Joining the account ${account}` })).toHaveCount(0);
  await page.getByLabel(account).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('one of its administrators').first()).toBeVisible();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('is activated');
});

test('APR-02 APR-03 LINK-02: denied from the mail without signing in; the account can be chosen all the same', async ({ page, another, portal, org }) => {
  const account = await askToJoin(page, portal, org);
  const chief = await another();
  const address = await toDecide(portal, `chief@${org.domain}`);
  await chief.goto(address);
  await chief.getByLabel('No, deny the request').check();
  await chief.getByRole('button', { name: 'Send decision' }).click();
  await expect(chief.getByRole('heading', { level: 1 })).toContainText('denied the request of');
  await chief.goto('about:blank');
  await chief.goto(address);
  await expect(chief.getByRole('heading', { level: 1 })).toContainText('denied the request of');
  await portal.mail(org.osm, { about: 'Denied' });

  await page.reload();
  await expect(page.getByText('An administrator denied your request on')).toBeVisible();
  await expect(page.getByText('You can ask again from')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ask to join' })).toHaveCount(0);
  await page.getByLabel(account).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('don’t administer it').first()).toBeVisible();
  await accessible(page);
});

test('ORG-04 UI-01: decided in the portal, from the home page; withdrawn where it was asked', async ({ page, another, portal, org }) => {
  const account = await askToJoin(page, portal, org);
  const boss = await another();
  await boss.goto(`${portal.portal}/sign-in`);
  await portal.signIn(boss, `boss@${org.domain}`);
  await expect(boss.getByText('Waiting for your decision: 1.')).toBeVisible();
  await boss.getByRole('link', { name: 'Requests to join' }).click();
  await expect(boss.getByRole('row', { name: new RegExp(org.osm) })).toBeVisible();
  await accessible(boss);
  await boss.setViewportSize({ width: 320, height: 700 });
  const wider = await boss.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await boss.getByRole('link', { name: 'Open request' }).click();
  await expect(boss.getByLabel('Yes, as global administrator')).toBeVisible();
  await boss.reload();
  await expect(boss.getByLabel('Yes, as global administrator')).toBeVisible();
  await accessible(boss);

  await page.getByRole('button', { name: 'Withdraw the request' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw the request' }).click();
  await expect(page.getByText('You withdrew your request on')).toBeVisible();
  await boss.getByLabel('Yes, as global administrator').check();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByRole('heading', { level: 1 })).toContainText('withdrew the request');
  await boss.getByRole('link', { name: 'All requests to join' }).first().click();
  await expect(boss.getByText('Nobody asks to join it.')).toBeVisible();
});

test('REG-07: a further address whose link is on the way is removed in the profile', async ({ page, portal, org }) => {
  await portal.load(org.rows());
  await page.goto(`${portal.portal}/sign-in`);
  await portal.signIn(page, org.osm);
  await page.goto(`${portal.portal}/profile`);
  await page.getByLabel('New work email address').fill(`more@${org.domain}`);
  await page.getByLabel('The same address again').fill(`more@${org.domain}`);
  await page.getByRole('button', { name: 'Add an address' }).click();
  await expect(page.getByRole('row', { name: new RegExp(`more@${org.domain}`) })).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: `Remove more@${org.domain}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText(`We removed the address more@${org.domain}.`)).toBeVisible();
  await expect(page.getByRole('row', { name: new RegExp(`more@${org.domain}`) })).toHaveCount(0);
});

test('LINK-03 ACT-04: after a colleague has activated consumption, the page of it offers to ask for its account', async ({ page, another, portal, org }) => {
  await portal.load([...org.rows(), org.orderRow([{ product: 'CLOUD', quantity: 1 }])]);
  const first = await another();
  await portal.enter(first.context(), org.notices);
  await activate(first, (await portal.mail(org.notices, { link: 'a', about: 'Cloud Consumption' })).link);
  await expect(first.locator('main')).toContainText('can ask to join the account');

  await portal.enter(page.context(), org.osm);
  await page.goto(`${portal.portal}/activations/${org.path}/CLOUD`);
  await page.getByRole('button', { name: 'Ask to join' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask to join' }).click();
  await expect(page.getByText('If nobody decides, the request expires on')).toBeVisible();
  await accessible(page);

  await first.goto(await toDecide(portal, org.notices));
  await first.getByLabel('Yes, as billing administrator').check();
  await first.getByRole('button', { name: 'Send decision' }).click();
  await expect(first.getByRole('heading', { level: 1 })).toContainText('has joined');
});
