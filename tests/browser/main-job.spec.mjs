// From an order to an activated service, as the people see it: mail, link, sign-in, preview, confirmation, undo, expiry.
import { accessible, expect, test } from './fixtures.mjs';

test('ACT-02 LINK-01 LINK-02 LINK-04 LINK-06 LINK-07: an order becomes a mail, a link, an activated service, and is taken back', async ({ page, cold, portal, org }) => {
  const { link } = await org.buys();
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mail and Calendar Enterprise');
  await expect(page.getByText('250 seats')).toBeVisible();
  await expect(page.locator('body')).not.toContainText(org.number);
  await accessible(page);

  await page.getByRole('button', { name: 'Sign in and continue' }).click();
  await accessible(page);
  await portal.signIn(page, org.osm);
  await expect(page.getByText(`Signed in as ${org.osm}`)).toBeVisible();
  await accessible(page);
  await page.getByLabel('A new account').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Attach 250 seats of Mail and Calendar Enterprise').first()).toBeVisible();
  await accessible(page);

  // Confirming without a choice does nothing: the choice has no default.
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('is activated');
  await accessible(page);

  // Leaving the wizard asks nothing for it any more.
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.getByRole('link', { name: 'Open this activation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mail and Calendar Enterprise');
  expect(asked).not.toContain('/api/activations/preview');

  // The state is right everywhere at once, and reload keeps the place.
  await page.goto(`${portal.portal}/activations`);
  await expect(page.getByRole('row', { name: /Mail and Calendar Enterprise/ })).toContainText('Activated');
  await accessible(page);
  await page.getByRole('link', { name: 'Mail and Calendar Enterprise' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mail and Calendar Enterprise');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Mail and Calendar Enterprise');
  await accessible(page);

  // The used link is no dead end.
  await cold.goto(link);
  await expect(cold.locator('main')).toContainText(/activated/i);
  await accessible(cold);

  await page.getByRole('button', { name: 'Undo activation' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo activation' }).click();
  await expect(page.locator('main')).toContainText('Ready to activate');
});

test('LINK-04 LINK-07 UI-01: going back or loading anew after confirming shows what was done, with its undo', async ({ page, portal, org }) => {
  const { link } = await org.buys();
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in and continue' }).click();
  await portal.signIn(page, org.osm);
  await page.getByLabel('A new account').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('is activated');
  for (const move of [() => page.goBack(), () => page.reload(), () => page.goto(`${portal.portal}/activate?step=check`)]) {
    await move();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mail and Calendar Enterprise is activated');
    await expect(page.getByRole('button', { name: 'Undo activation' })).toBeVisible();
  }
  await page.getByRole('button', { name: 'Undo activation' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo activation' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('The activation is undone');
});

test('ACT-01 ACT-17 SAFE-04: listed contacts are welcomed, and no mail loads anything from elsewhere', async ({ portal, org }) => {
  await org.buys();
  const mail = await portal.mail(org.primary, { kind: 'welcome' });
  for (const address of mail.links) expect(address.startsWith(portal.portal)).toBe(true);
});

test('LINK-08 SAFE-07: a link that was cut short says so and leads to the portal', async ({ page, org }) => {
  const { link } = await org.buys();
  for (const broken of [link.slice(0, -3), `${link}x`, link.split('#')[0], `${link.split('#')[0]}#nonsense`]) {
    await page.goto('about:blank');
    await page.goto(broken);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is not complete');
    await expect(page.getByRole('link', { name: 'Open the portal' }).first()).toBeVisible();
    await accessible(page);
  }
});
