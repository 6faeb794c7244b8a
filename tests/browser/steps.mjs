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

/** Goes with the Tab key to what fits, as a person does who sees where the keyboard is. */
export async function tabTo(page, target, key = 'Tab') {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    if (await target.evaluate((element) => element === document.activeElement)) {
      const outline = await target.evaluate((element) => getComputedStyle(element).outlineStyle);
      expect(outline, 'where the keyboard is can be seen').not.toBe('none');
      return;
    }
  }
  throw new Error(`the Tab key does not come to ${target}`);
}
