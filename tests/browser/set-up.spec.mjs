// What a provisioning endpoint sets up: progress that shows by itself, what takes long, what is refused.
import { accessible, expect, test } from './fixtures.mjs';
import { activate, heading } from './steps.mjs';

/** A portal whose Mail and Calendar Enterprise is set up by the demo endpoint, which does as `how` says. */
async function ordered(own, how) {
  const org = own.organisation();
  const { link } = await org.buys();
  // An endpoint on this machine is taken by its number only: a name could lead elsewhere by the time that it is called.
  const mailbox = own.mailbox.replace('localhost', '127.0.0.1');
  await own.countersign('provisioning', 'set', 'MAIL-ENT', `${mailbox}/demo/provision?${how}`);
  return { org, link };
}

/** Confirms by a mailed link, and opens the activation's page. */
async function confirm(own, page, org, link) {
  await own.enter(page.context(), org.osm);
  await activate(page, link, 'is confirmed, and we are setting it up');
  await accessible(page);
  await page.getByRole('link', { name: 'Open this activation' }).click();
  await expect(heading(page)).toHaveText('Mail and Calendar Enterprise');
}

test('LINK-11: what an endpoint sets up shows its progress, through reloads, until it is in use', async ({ page, cold, own }) => {
  const { org, link } = await ordered(own, 'seconds=12');
  await confirm(own, page, org, link);
  await expect(page.getByText('Being set up').first()).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Being set up' })).toBeVisible();
  await accessible(page);
  await page.reload();
  await expect(page.getByRole('progressbar', { name: 'Being set up' })).toBeVisible();
  await cold.goto(link);
  await expect(heading(cold)).toContainText('is being set up');
  await accessible(cold);

  // Nobody does anything, and both pages say so as soon as it is in use.
  await page.mouse.move(10, 10);
  await expect(page.getByText('It is in use.').first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await expect(heading(cold)).toContainText('is already activated', { timeout: 60_000 });
  await own.mail(org.osm, { kind: 'activated' });

  // What others were told stands beside the mailbox.
  await page.goto(`${own.mailbox}/events`);
  await expect(page.getByText('activation.provision', { exact: true }).first()).toBeVisible();
  await expect(page.getByText('activation.provisioned', { exact: true })).toBeVisible();
});

test('LINK-11: after ten minutes the page says that it takes long, and operators see it', async ({ page, own }) => {
  const { org, link } = await ordered(own, 'seconds=100000');
  await confirm(own, page, org, link);
  await expect(page.getByText('Being set up').first()).toBeVisible();
  expect(await own.countersign('stuck')).toBe('');
  // Asking goes on meanwhile, so nobody waits for it to settle.
  await fetch(`${own.mailbox}/api/clock`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ forward: 11 * 60 }),
  });
  await page.mouse.move(10, 10);
  await expect(page.getByText('This takes longer than usual.').first()).toBeVisible({ timeout: 60_000 });
  await accessible(page);
  const said = await own.countersign('stuck').catch((error) => error.stdout);
  expect(said).toContain(`${org.path} MAIL-ENT`);
  expect(said).toContain('longer than usual');
});

test('LINK-11 LINK-07: a refusal is shown with its reason, and it can be taken back', async ({ page, own }) => {
  const { org, link } = await ordered(own, 'refuse=No+seats+left.');
  await confirm(own, page, org, link);
  await page.mouse.move(10, 10);
  await expect(page.getByText('The reason: No seats left.').first()).toBeVisible({ timeout: 60_000 });
  await accessible(page);
  await own.mail(org.osm, { kind: 'refused' });
  const said = await own.countersign('stuck').catch((error) => error.stdout);
  expect(said).toContain('refused');
  await page.getByRole('button', { name: 'Undo activation' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo activation' }).click();
  await expect(page.locator('main')).toContainText('Ready to activate');
  expect(await own.countersign('stuck')).toBe('');
});
