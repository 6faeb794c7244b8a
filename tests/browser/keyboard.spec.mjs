// The main job without a mouse.
import { accessible, expect, test } from './fixtures.mjs';
import { heading, tabTo } from './steps.mjs';

test('UI-02 LINK-02 LINK-04 LINK-07: the whole main job with the keyboard alone', async ({ page, portal, org }) => {
  const { link } = await org.buys();
  const press = async (target, key = 'Enter') => {
    await tabTo(page, target);
    await page.keyboard.press(key);
  };
  await page.goto(link);
  await expect(heading(page)).toHaveText('Activate Mail and Calendar Enterprise');
  await press(page.getByRole('button', { name: 'Sign in and continue' }));
  await expect(heading(page)).toHaveText('Sign in or register');

  await tabTo(page, page.getByLabel('Work email address'));
  await page.keyboard.type('osm');
  await page.keyboard.press('Enter');
  // The error summary has the keyboard; its link leads to the field.
  await expect(page.getByRole('alert')).toBeFocused();
  await press(page.getByRole('alert').getByRole('link'));
  await expect(page.getByLabel('Work email address')).toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(org.osm);
  const before = await portal.newest();
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText('Check your email');
  await expect(heading(page)).toBeFocused();
  const { code } = await portal.mail(org.osm, { kind: 'sign-in-code', after: before });
  await tabTo(page, page.getByLabel('Code of six digits'));
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');

  await expect(heading(page)).toHaveText('In which country or region is your organisation?');
  await expect(heading(page)).toBeFocused();
  await tabTo(page, page.getByLabel('Country or region'));
  await page.keyboard.type('Swed');
  await press(page.getByRole('button', { name: 'Confirm' }));

  await expect(heading(page)).toHaveText('Activate Mail and Calendar Enterprise');
  await expect(heading(page)).toBeFocused();
  await tabTo(page, page.getByLabel('A new account'));
  await page.keyboard.press('Space');
  await press(page.getByRole('button', { name: 'Continue' }));
  await expect(heading(page)).toHaveText('Check before you activate');
  await expect(heading(page)).toBeFocused();
  await tabTo(page, page.getByLabel('Yes, activate'));
  await page.keyboard.press('Space');
  await press(page.getByRole('button', { name: 'Confirm' }));
  await expect(heading(page)).toHaveText('Mail and Calendar Enterprise is activated');
  await expect(heading(page)).toBeFocused();

  // A dialog holds the keyboard, Escape closes it, and the keyboard is where it was.
  const undo = page.getByRole('button', { name: 'Undo activation' });
  await press(undo);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await accessible(page);
  await tabTo(page, dialog.getByRole('button', { name: 'Cancel' }));
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(undo).toBeFocused();
  await page.keyboard.press('Enter');
  await press(dialog.getByRole('button', { name: 'Undo activation' }));
  await expect(heading(page)).toHaveText('The activation is undone');
  await expect(heading(page)).toBeFocused();
});

test('UI-02: the first Tab leads past the navigation to the content', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.osm);
  await page.goto(`${portal.portal}/activations`);
  await expect(page.getByRole('table')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to main content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('State')).toBeFocused();
});
