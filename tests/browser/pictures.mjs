// The way from the mail to the activated service, with a picture of each step for the README.
import { join } from 'node:path';

import { expect, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

const folder = process.env.COUNTERSIGN_PICTURES ?? '../../infra/pictures';

test.use({ viewport: { width: 760, height: 620 }, colorScheme: 'light' });

test('mail, link, activated', async ({ page, portal, org }) => {
  const picture = (name) => page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });

  const mail = await org.buys();
  await page.goto(portal.mailbox);
  await page.getByRole('link', { name: /Activate Mail and Calendar Enterprise/ }).click();
  await expect(page.getByRole('heading', { level: 2 })).toContainText('Activate Mail and Calendar Enterprise');
  await picture('1-mail');

  await page.goto(mail.link);
  await expect(heading(page)).toContainText('Mail and Calendar Enterprise');
  await picture('2-link');

  await portal.enter(page.context(), org.osm);
  await page.goto('about:blank');
  await page.goto(mail.link);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByLabel('A new account').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Attach 250 seats').first()).toBeVisible();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(page)).toContainText('is activated');
  await picture('3-activated');
});
