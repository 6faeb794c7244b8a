// Registering and signing in: with the code, with the mailed link in this browser and in another one, and signing out again.
import { accessible, expect, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

/** Asks for a code on the sign-in page and gives the mail. */
async function ask(portal, page, address) {
  const before = await portal.newest();
  await page.getByLabel('Work email address').fill(address);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('Check your email');
  return portal.mail(address, { kind: 'sign-in-code', link: 's', after: before });
}

test('REG-01 REG-03: a typing error is refused in the field, a wrong code with what helps, and asking again mails the same code', async ({ page, portal, org }) => {
  await page.goto(`${portal.portal}/sign-in`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('Type your work email address');
  await expect(page).toHaveTitle(/^Error: /);
  await page.getByLabel('Work email address').fill('nobody');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('like name@organisation.example');
  await accessible(page);
  // The summary leads to the field.
  await page.getByRole('alert').getByRole('link').click();
  await expect(page.getByLabel('Work email address')).toBeFocused();

  const mail = await ask(portal, page, org.osm);
  await expect(page.locator('main')).toContainText(`You are signing in as ${org.osm}`);
  await accessible(page);
  const wrong = mail.code === '000000' ? '000001' : '000000';
  await page.getByLabel('Code of six digits').fill('12');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('The code has six digits');
  await page.getByLabel('Code of six digits').fill(wrong);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('4 tries are left');
  await accessible(page);

  await page.getByText('No email after a minute?').click();
  await page.getByRole('button', { name: 'Email the code again' }).click();
  const again = await portal.mail(org.osm, { kind: 'sign-in-code', after: mail.number });
  expect(again.code).toBe(mail.code);
  // Loading the page anew keeps the place.
  await page.reload();
  await expect(heading(page)).toHaveText('Check your email');
  await page.getByLabel('Code of six digits').fill(`${mail.code.slice(0, 3)} ${mail.code.slice(3)}`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(heading(page)).toHaveText('In which country or region is your organisation?');
});

test('REG-03: the mailed link signs in at once in the browser that asked, and goes where that wanted to go', async ({ page, context, portal, org }) => {
  await page.goto(`${portal.portal}/licences`);
  await expect(heading(page)).toHaveText('Sign in or register');
  const mail = await ask(portal, page, org.osm);
  const tab = await context.newPage();
  await tab.goto(mail.link);
  await tab.waitForURL((url) => url.pathname === '/country');
  await accessible(tab);
  await tab.getByRole('button', { name: 'Confirm' }).click();
  await expect(tab.getByRole('alert')).toContainText('Choose the country or region');
  await accessible(tab);
  await tab.getByLabel('Country or region').selectOption('SE');
  await tab.getByRole('button', { name: 'Confirm' }).click();
  await tab.waitForURL((url) => url.pathname === '/licences');

  // The tab that waits for the code notices, and goes on.
  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.waitForURL((url) => url.pathname === '/licences');
});

test('REG-03: in another browser the mailed link asks for the address first, and takes no other', async ({ page, cold, portal, org }) => {
  await page.goto(`${portal.portal}/sign-in`);
  const mail = await ask(portal, page, org.osm);
  await cold.goto(mail.link);
  await expect(heading(cold)).toHaveText('Type your address');
  await expect(cold.locator('body')).not.toContainText(org.osm);
  await accessible(cold);
  await cold.getByLabel('Work email address').fill(`other@${org.domain}`);
  await cold.getByRole('button', { name: 'Sign in' }).click();
  await expect(cold.getByRole('alert')).toContainText('Please type your address');
  await accessible(cold);
  await cold.getByLabel('Work email address').fill(org.osm);
  await cold.getByRole('button', { name: 'Sign in' }).click();
  await cold.waitForURL((url) => url.pathname === '/country');

  // It signs in once: afterwards it says that it is over.
  await page.goto(mail.link);
  await expect(heading(page)).toHaveText('You can\'t use this code any more');
  await expect(page.getByRole('link', { name: 'Ask for a new email' })).toBeVisible();
  await accessible(page);
});

test('REG-12 UI-01: a session that ended leads to signing in, and from there back to the place', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.osm);
  await page.goto(`${portal.portal}/activations?state=invited`);
  await expect(page.getByRole('row', { name: /Mail and Calendar/ })).toBeVisible();
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Licences', exact: true }).click();
  await expect(heading(page)).toHaveText('Sign in or register');
  await expect(page.locator('main')).toContainText('Your session has ended');
  await accessible(page);
  await portal.signIn(page, org.osm);
  await page.waitForURL((url) => url.pathname === '/licences');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(heading(page)).toHaveText('Sign in or register');
  await expect(page.locator('main')).not.toContainText('Your session has ended');
  await page.goto(`${portal.portal}/activations?state=invited`);
  await portal.signIn(page, org.osm);
  expect(new URL(page.url()).search).toBe('?state=invited');
});

test('REG-02: a public mail provider\'s address is refused after the code, with what to use', async ({ page, portal }) => {
  await page.goto(`${portal.portal}/sign-in`);
  const { code } = await ask(portal, page, 'somebody@gmail.com');
  await page.getByLabel('Code of six digits').fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('Use a work address');
  await accessible(page);
});

test('REG-14: who is named nowhere sees why, and the ways forward', async ({ page, portal }) => {
  const nobody = 'it@nowhere-named.example';
  await portal.enter(page.context(), nobody);
  await page.goto(`${portal.portal}/`);
  await expect(heading(page)).toHaveText('There is nothing here for you yet');
  await expect(page.locator('main')).toContainText(nobody);
  await expect(page.getByRole('link', { name: 'Add an address' })).toBeVisible();
  await accessible(page);
  for (const path of ['/activations', '/licences']) {
    await page.goto(portal.portal + path);
    await accessible(page);
  }
});
