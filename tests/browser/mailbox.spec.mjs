// The mailbox of the portal on one machine: it is how a person sees the mails and moves the clock.
import AxeBuilder from '@axe-core/playwright';

import { expect, fits, test } from './fixtures.mjs';

test('UI-02: the mailbox shows mails and their fate, on a wide and on a narrow screen, light and dark', async ({ page, own }) => {
  const org = own.organisation();
  const mail = await org.buys();
  await own.arrived(mail);
  const clean = async () => {
    const found = await new AxeBuilder({ page }).exclude('iframe').analyze();
    expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
    await fits(page);
  };
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [360, 'light'], [320, 'dark']]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await page.goto(own.mailbox);
    await expect(page.getByRole('link', { name: /Mail and Calendar Enterprise/ })).toContainText('Delivered');
    await clean();
    await page.getByRole('link', { name: /Mail and Calendar Enterprise/ }).click();
    await expect(page.getByRole('heading', { level: 2 })).toContainText('Activate Mail and Calendar Enterprise');
    await clean();
    await page.getByRole('tab', { name: 'Text' }).click();
    await expect(page.getByRole('region', { name: 'The email as text' })).toContainText(mail.link);
    await clean();
  }
});

test('EXP-01: the clock is moved on the mailbox page, and what falls due is done', async ({ page, own }) => {
  const org = own.organisation();
  await own.arrived(await org.buys());
  await page.goto(own.mailbox);
  await page.locator('#clock summary').click();
  await page.getByLabel('To a time (UTC)').fill('2027-05-11T00:00');
  await page.getByRole('button', { name: 'Set time' }).click();
  await expect(page.locator('#message')).toContainText('It is 2027-05-11 00:00 UTC in the portal');
  await own.mail(org.osm, { kind: 'ended' });
  await expect(page.getByRole('link', { name: /has expired/ })).toBeVisible();
});
