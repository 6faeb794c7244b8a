// Steps that people take again and again.
import { expect } from './fixtures.mjs';

/** The page's heading. */
export const heading = (page) => page.getByRole('heading', { level: 1 });

/** Activates by a mailed link on a new account, as who is signed in; the page's heading says so in the end. */
export async function activate(page, link, said = 'is activated') {
  // The same address again would only change the fragment: a person opens it in a new tab.
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByLabel('A new account').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(page)).toContainText(said);
}
