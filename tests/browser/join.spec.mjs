// Joining an account that the customer has already (LINK-03, ORG-04): asked for in the wizard, granted by an administrator
// who signs in from the mail, used for the activation; denied from the mail without signing in.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';

import { contoso, signIn, start } from './portal.mjs';

let portal;
test.beforeEach(async () => {
  portal = await start();
});
test.afterEach(() => portal?.stop());

async function accessible(page) {
  await page.waitForLoadState('networkidle');
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
}

/** Contoso with an account that its online services manager does not administer, and an order. */
function withAccount() {
  const [product, customer, ...rest] = contoso();
  const account = { type: 'account', id: 'acc-1', name: 'Contoso Production', customer: 'contoso', domains: ['contoso.example'],
    global_admins: ['boss@contoso.example', 'chief@contoso.example'], billing_admins: [] };
  return [product, customer, account, ...rest];
}

/** The online services manager opens the mailed link, signs in, and asks to join. */
async function askToJoin(page) {
  portal.load(withAccount());
  const mail = await portal.mail('osm@contoso.example', /Mail and Calendar Enterprise/);
  await page.goto(mail.links.find((address) => address.includes('/a#')));
  await page.getByRole('button', { name: 'Sign in and continue' }).click();
  await signIn(page, portal, 'osm@contoso.example');
  await expect(page.getByRole('heading', { name: 'Joining the account Contoso Production' })).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Ask to join' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask to join' }).click();
  await expect(page.getByText('If nobody decides, the request ends on')).toBeVisible();
  await expect(page.locator('main')).not.toContainText('boss@contoso.example');
  await accessible(page);
}

async function link(to) {
  const mail = await portal.mail(to, /asks to join/);
  return mail.links.find((address) => address.includes('/j#'));
}

test('LINK-03 ORG-04 APR-02 APR-05: asked in the wizard, granted with the administrator’s session, and activated there', async ({ page }) => {
  await askToJoin(page);

  // Reloading keeps the place, and the page of the activation says the same.
  await page.reload();
  await expect(page.getByText('If nobody decides, the request ends on')).toBeVisible();
  await page.goto(`${portal.portal}/activations/enterprise/88590039/MAIL-ENT`);
  await expect(page.getByText('If nobody decides, the request ends on')).toBeVisible();
  await accessible(page);

  const other = await page.context().browser().newContext();
  const boss = await other.newPage();
  await boss.goto(await link('boss@contoso.example'));
  await expect(boss.getByRole('heading', { level: 1 })).toContainText('osm@contoso.example asks to join Contoso Production');
  expect(boss.url()).not.toContain('#');
  await accessible(boss);
  // A form without a choice decides nothing.
  await boss.getByRole('button', { name: 'Decide' }).click();
  await expect(boss.getByRole('alert').first()).toBeVisible();
  await boss.getByLabel('Sign in to let the person join').check();
  await boss.getByRole('button', { name: 'Decide' }).click();
  await signIn(boss, portal, 'boss@contoso.example');
  await expect(boss.getByLabel('Yes, as billing administrator')).toBeVisible();
  await accessible(boss);
  await boss.getByLabel('Yes, as billing administrator').check();
  await boss.getByLabel('Message to the person (optional)').fill('Welcome aboard');
  await boss.getByRole('button', { name: 'Decide' }).click();
  await expect(boss.getByRole('heading', { level: 1 })).toContainText('has joined Contoso Production');
  await accessible(boss);
  await other.close();

  await portal.mail('osm@contoso.example', /You have joined the account Contoso Production/);
  await portal.mail('chief@contoso.example', /Decided/);

  // The other administrator's link shows what was decided.
  const third = await page.context().browser().newContext();
  const chief = await third.newPage();
  await chief.goto(await link('chief@contoso.example'));
  await expect(chief.getByRole('heading', { level: 1 })).toContainText('has joined Contoso Production');
  await expect(chief.getByText('Another administrator decided before you.')).toBeVisible();
  await accessible(chief);
  await third.close();

  await page.goto(`${portal.portal}/activate/enterprise/88590039/MAIL-ENT`);
  await expect(page.getByRole('heading', { name: 'Joining the account Contoso Production' })).toHaveCount(0);
  await page.getByLabel('Contoso Production').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('one of its administrators').first()).toBeVisible();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('is activated');
});

test('APR-02 APR-03 LINK-02: denied from the mail without signing in; the account can be chosen all the same', async ({ page }) => {
  await askToJoin(page);
  const other = await page.context().browser().newContext();
  const chief = await other.newPage();
  const address = await link('chief@contoso.example');
  await chief.goto(address);
  await chief.getByLabel('No, deny the request').check();
  await chief.getByRole('button', { name: 'Decide' }).click();
  await expect(chief.getByRole('heading', { level: 1 })).toContainText('was denied');
  await chief.goto('about:blank');
  await chief.goto(address);
  await expect(chief.getByRole('heading', { level: 1 })).toContainText('was denied');
  await other.close();
  await portal.mail('osm@contoso.example', /Not joined/);

  await page.reload();
  await expect(page.getByText('Your request was denied on')).toBeVisible();
  await page.getByLabel('Contoso Production').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('who does not administer it').first()).toBeVisible();
  await accessible(page);
});

test('ORG-04 UI-01: decided in the portal, from the home page; withdrawn where it was asked', async ({ page }) => {
  await askToJoin(page);
  const other = await page.context().browser().newContext();
  const boss = await other.newPage();
  await boss.goto(`${portal.portal}/sign-in`);
  await signIn(boss, portal, 'boss@contoso.example');
  await expect(boss.getByText('1 waiting for your decision')).toBeVisible();
  await boss.getByRole('link', { name: 'Requests to join' }).click();
  await expect(boss.getByRole('row', { name: /osm@contoso.example/ })).toBeVisible();
  await accessible(boss);
  await boss.setViewportSize({ width: 320, height: 700 });
  const wider = await boss.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await boss.getByRole('link', { name: 'Decide' }).click();
  await expect(boss.getByLabel('Yes, as global administrator')).toBeVisible();
  await boss.reload();
  await expect(boss.getByLabel('Yes, as global administrator')).toBeVisible();
  await accessible(boss);

  await page.getByRole('button', { name: 'Withdraw the request' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw the request' }).click();
  await expect(page.getByText('You withdrew your request on')).toBeVisible();
  await boss.getByLabel('Yes, as global administrator').check();
  await boss.getByRole('button', { name: 'Decide' }).click();
  await expect(boss.getByRole('heading', { level: 1 })).toContainText('was withdrawn');
  await boss.getByRole('link', { name: 'All requests to join' }).first().click();
  await expect(boss.getByText('Nobody asks to join it.')).toBeVisible();
  await other.close();
});

test('REG-07: a further address whose link is on the way is removed in the profile', async ({ page }) => {
  portal.load(contoso());
  await page.goto(`${portal.portal}/sign-in`);
  await signIn(page, portal, 'osm@contoso.example');
  await page.goto(`${portal.portal}/profile`);
  await page.getByLabel('New work e-mail address').fill('osm@fabrikam.example');
  await page.getByLabel('The same address again').fill('osm@fabrikam.example');
  await page.getByRole('button', { name: 'Add an address' }).click();
  await expect(page.getByRole('row', { name: /osm@fabrikam.example/ })).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Remove osm@fabrikam.example' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('The address osm@fabrikam.example was removed.')).toBeVisible();
  await expect(page.getByRole('row', { name: /osm@fabrikam.example/ })).toHaveCount(0);
});
