// My profile: further addresses, each proven by its own link, and where one is signed in.
import { accessible, expect, test } from './fixtures.mjs';
import { heading } from './steps.mjs';

/** Adds an address on the profile page and gives the mail that asks to prove it. */
async function add(portal, page, address) {
  const before = await portal.newest();
  await page.getByLabel('New work email address').fill(address);
  await page.getByLabel('The same address again').fill(address);
  await page.getByRole('button', { name: 'Add an address' }).click();
  await expect(page.getByRole('status').filter({ hasText: `We have emailed a code and a link to ${address}` })).toBeVisible();
  return portal.mail(address, { kind: 'prove-address', link: 'p', after: before });
}

test('REG-07 REG-08: a further address is typed twice, proven by its own link, and what hangs on it is there at once', async ({ page, cold, portal, org }) => {
  await org.buys();
  const own = `me@${org.domain}`;
  await portal.enter(page.context(), own);
  await page.goto(`${portal.portal}/profile`);
  await page.getByLabel('New work email address').fill(org.notices);
  await page.getByLabel('The same address again').fill(org.osm);
  await page.getByRole('button', { name: 'Add an address' }).click();
  await expect(page.getByRole('alert')).toContainText('Type the same address in both fields');
  await accessible(page);
  const mail = await add(portal, page, org.notices);
  await accessible(page);

  // Elsewhere it names the profile, masked, and adds nothing.
  await cold.goto(mail.link);
  await expect(heading(cold)).toHaveText('Is this your address?');
  await expect(cold.locator('main')).toContainText('You are not signed in');
  await expect(cold.locator('main')).not.toContainText(own);
  await cold.getByRole('button', { name: 'Continue' }).click();
  await expect(cold.getByRole('alert')).toContainText('Choose one of the answers');
  await accessible(cold);

  await page.goto(mail.link);
  await page.getByLabel(`Add ${org.notices} to my profile`).check();
  await accessible(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('You confirmed the address');
  await accessible(page);
  await page.goto(`${portal.portal}/licences`);
  await expect(page.getByRole('row', { name: new RegExp(org.number) })).toContainText('Administrator');

  // Used, it is over.
  await page.goto(mail.link);
  await expect(heading(page)).toHaveText('This link no longer works');
  await accessible(page);
});

test('REG-07: a further address is proven by the code beside the link, typed as people type it', async ({ page, portal, org }) => {
  await portal.enter(page.context(), `me@${org.domain}`);
  await page.goto(`${portal.portal}/profile`);
  const { code } = await add(portal, page, org.notices);
  const confirm = page.getByRole('button', { name: 'Confirm address' });
  await page.getByLabel('Code of six digits').fill('12345');
  await confirm.click();
  await expect(page.getByRole('alert')).toContainText('The code has six digits');
  await accessible(page);
  await page.getByLabel('Code of six digits').fill(`${code.slice(0, 3)} – ${code.slice(3)}\u200b`);
  await confirm.click();
  await expect(page.getByRole('status').filter({ hasText: 'The address is confirmed' })).toBeVisible();
  const row = page.getByRole('table', { name: 'Addresses' }).getByRole('row', { name: new RegExp(org.notices) });
  await expect(row).toContainText('Confirmed');
  await expect(page.getByLabel('Code of six digits')).toHaveCount(0);
  await accessible(page);
});

test('REG-07: whoever signed in anew is told so, and a new email is one click away', async ({ page, cold, portal, org }) => {
  const own = `me@${org.domain}`;
  await portal.enter(page.context(), own);
  await page.goto(`${portal.portal}/profile`);
  const mail = await add(portal, page, org.notices);
  await portal.enter(cold.context(), own);
  await cold.goto(mail.link);
  await expect(cold.locator('main')).toContainText('You have signed in again since you asked');
  await accessible(cold);
  const before = await portal.newest();
  await cold.getByLabel('Email me a new link and code').check();
  await cold.getByRole('button', { name: 'Continue' }).click();
  const { code } = await portal.mail(org.notices, { kind: 'prove-address', after: before });
  await cold.getByLabel('Code of six digits').fill(code);
  await accessible(cold);
  await cold.getByRole('button', { name: 'Confirm address' }).click();
  await expect(heading(cold)).toHaveText('You confirmed the address');
});

test('REG-07: "this was not me" voids the link without signing in, and a newer link voids the old one', async ({ page, cold, portal, org }) => {
  await portal.enter(page.context(), `me@${org.domain}`);
  await page.goto(`${portal.portal}/profile`);
  const old = await add(portal, page, org.osm);
  const fresh = await add(portal, page, org.osm);
  expect(fresh.link).not.toBe(old.link);
  await cold.goto(old.link);
  await expect(heading(cold)).toHaveText('This link no longer works');
  await accessible(cold);
  await cold.goto('about:blank');
  await cold.goto(fresh.link);
  await cold.getByLabel('This was not me').check();
  await cold.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(cold)).toHaveText('Thank you, we changed nothing');
  await accessible(cold);
  await page.goto(fresh.link);
  await expect(heading(page)).toHaveText('This link no longer works');
  await page.goto(`${portal.portal}/profile`);
  await expect(page.locator('main')).toContainText(`@${org.domain} told us that you are not them`);
  await accessible(page);
});

test('REG-07: signed in as somebody else, the link offers to switch', async ({ page, cold, portal, org }) => {
  await portal.enter(page.context(), `me@${org.domain}`);
  await page.goto(`${portal.portal}/profile`);
  const mail = await add(portal, page, org.osm);
  await portal.enter(cold.context(), org.primary);
  await cold.goto(mail.link);
  await expect(cold.locator('main')).toContainText('You are signed in as someone else');
  await accessible(cold);
  await cold.getByLabel(/^Sign in as .* instead/).check();
  await cold.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(cold)).toHaveText('Sign in or register');
});

/** Adds an address that another profile holds, and asks for it on the page behind the mailed link. */
async function askToMove(portal, page, address) {
  const asked = await add(portal, page, address);
  await page.goto(asked.link);
  await page.getByLabel(`Add ${address} to my profile`).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('Another profile has this address');
  await accessible(page);
  await page.getByRole('button', { name: 'Ask to move it to my profile' }).click();
  await expect(heading(page)).toHaveText('You asked to move the address');
  await accessible(page);
}

/** Two profiles: that of `page` holds the address of the notices contact, and that of `cold` has just asked for it. */
async function moving(own, page, cold) {
  const org = own.organisation();
  await org.buys();
  const [holder, mover] = [`old@${org.domain}`, `new@${org.domain}`];
  await own.enter(page.context(), holder);
  await page.goto(`${own.portal}/profile`);
  const mine = await add(own, page, org.notices);
  await page.getByLabel('Code of six digits').fill(mine.code);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The address is confirmed' })).toBeVisible();
  await own.enter(cold.context(), mover);
  await cold.goto(`${own.portal}/profile`);
  const before = await own.newest();
  await askToMove(own, cold, org.notices);
  for (const to of [holder, org.notices]) {
    const told = await own.mail(to, { kind: 'to-move', after: before });
    expect(await own.text(told)).toContain(`Sign in with ${org.notices}`);
  }
  return { org, holder, mover };
}

test('REG-09: an address that another profile has is asked for, its holder is told, and it is taken after 72 hours', async ({ page, cold, own }) => {
  const { org, mover } = await moving(own, page, cold);
  // To its holder it counts for nothing from now on.
  await page.goto(`${own.portal}/profile`);
  await expect(page.getByRole('row', { name: new RegExp(org.notices) })).toContainText('Confirm again');
  await expect(page.locator('main')).toContainText(`n•••@${org.domain} asked to move ${org.notices} to their profile`);
  await accessible(page);
  await page.goto(`${own.portal}/licences`);
  await expect(heading(page)).toBeVisible();
  await expect(page.locator('main')).not.toContainText(org.number);

  await cold.goto(`${own.portal}/profile`);
  await expect(cold.locator('main')).toContainText(`you asked to move ${org.notices} to your profile`);
  await expect(cold.getByRole('button', { name: `Move ${org.notices} to my profile` })).toHaveCount(0);
  await accessible(cold);
  await own.moveOn(72);
  await own.enter(cold.context(), mover);
  await cold.goto(`${own.portal}/profile`);
  await accessible(cold);
  await cold.getByRole('button', { name: `Move ${org.notices} to my profile` }).click();
  await expect(cold.getByRole('status').filter({ hasText: `${org.notices} now belongs to your profile` })).toBeVisible();
  await expect(cold.getByRole('row', { name: new RegExp(org.notices) })).toContainText('Confirmed');
  await cold.goto(`${own.portal}/licences`);
  await expect(cold.getByRole('row', { name: new RegExp(org.number) })).toContainText('Administrator');
});

test('REG-09: the holder keeps an address by confirming it again, and who asked sees that', async ({ page, cold, portal }) => {
  const { org } = await moving(portal, page, cold);
  await page.goto(`${portal.portal}/profile`);
  const before = await portal.newest();
  await page.getByRole('row', { name: new RegExp(org.notices) }).getByRole('button', { name: 'Send a new email' }).click();
  const { code } = await portal.mail(org.notices, { kind: 'prove-address', after: before });
  await page.getByLabel('Code of six digits').fill(code);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The address is confirmed' })).toBeVisible();
  await expect(page.getByRole('row', { name: new RegExp(org.notices) })).not.toContainText('Confirm again');
  await cold.goto(`${portal.portal}/profile`);
  await expect(cold.locator('main')).toContainText(`${org.notices} stays where it is`);
  await accessible(cold);
  await cold.getByRole('button', { name: 'Hide this' }).click();
  await expect(cold.locator('main')).not.toContainText('stays where it is');
});

test('REG-14 REG-09: a list says which address lapsed, and confirming it again adds nothing', async ({ page, own }) => {
  const org = own.organisation();
  await org.buys();
  const person = `me@${org.domain}`;
  await own.enter(page.context(), person);
  await page.goto(`${own.portal}/profile`);
  const { code } = await add(own, page, org.notices);
  await page.getByLabel('Code of six digits').fill(code);
  await page.getByRole('button', { name: 'Confirm address' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The address is confirmed' })).toBeVisible();
  await page.goto(`${own.portal}/licences`);
  await expect(page.getByRole('row', { name: new RegExp(org.number) })).toBeVisible();

  await own.moveOn(181 * 24);
  await own.enter(page.context(), person);
  await page.goto(`${own.portal}/licences`);
  await expect(page.locator('main')).toContainText(`You last confirmed ${org.notices} too long ago.`);
  await expect(page.getByRole('row', { name: new RegExp(org.number) })).toHaveCount(0);
  await accessible(page);
  await page.getByRole('link', { name: 'Confirm again' }).click();
  const before = await own.newest();
  await page.getByRole('row', { name: new RegExp(org.notices) }).getByRole('button', { name: 'Send a new email' }).click();
  const mail = await own.mail(org.notices, { kind: 'prove-address', link: 'p', after: before });
  await page.goto(mail.link);
  await expect(heading(page)).toHaveText('Is this your address?');
  await expect(page.locator('main')).not.toContainText(/\badd\b/i);
  await page.getByLabel('Confirm address').check();
  await accessible(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('You confirmed the address');
  await page.goto(`${own.portal}/licences`);
  await expect(page.getByRole('row', { name: new RegExp(org.number) })).toBeVisible();
  await expect(page.locator('main')).not.toContainText('too long ago');
});

test('REG-11: name, language and phone are saved, and the pages greet by name', async ({ page, portal, org }) => {
  await org.buys();
  await portal.enter(page.context(), org.osm);
  await page.goto(`${portal.portal}/profile`);
  await page.getByLabel('First name').fill('x'.repeat(101));
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('at most 100 characters');
  await accessible(page);
  await page.getByLabel('First name').fill('Osmo');
  await page.getByLabel('Last name').fill('Manager');
  await page.getByLabel('Language of emails').selectOption('de');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'We saved your profile' })).toBeVisible();
  await accessible(page);
  await page.reload();
  await expect(page.getByLabel('First name')).toHaveValue('Osmo');
  await page.getByRole('link', { name: 'Home', exact: true }).click();
  await expect(heading(page)).toHaveText('Welcome, Osmo');
});

test('REG-12: sessions are listed, ended one by one, and all at once', async ({ page, cold, portal, org }) => {
  await portal.enter(page.context(), org.osm);
  await portal.enter(cold.context(), org.osm);
  await cold.goto(`${portal.portal}/profile`);
  await page.goto(`${portal.portal}/profile`);
  const sessions = page.getByRole('table', { name: 'Where you are signed in' }).getByRole('row');
  await expect(sessions).toHaveCount(3);
  await expect(sessions.filter({ hasText: 'This browser' })).toHaveCount(1);
  await page.getByRole('button', { name: 'End session' }).click();
  await expect(sessions).toHaveCount(2);
  await accessible(page);
  await cold.getByRole('link', { name: 'Licences', exact: true }).click();
  await expect(heading(cold)).toHaveText('Sign in or register');

  await portal.signIn(cold, org.osm);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('dialog')).toContainText('This ends all your sessions');
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(heading(page)).toHaveText('Sign in or register');
  await cold.reload();
  await expect(heading(cold)).toHaveText('Sign in or register');
});

test('SAFE-03: mail that an address complained about goes there again when its person says so, signed in by another one', async ({ page, portal, org }) => {
  const own = `me@${org.domain}`;
  const unwanted = `complain@${org.domain}`;
  await portal.enter(page.context(), own);
  await page.goto(`${portal.portal}/profile`);
  const mail = await add(portal, page, unwanted);
  await page.goto(mail.link);
  await page.getByLabel(`Add ${unwanted} to my profile`).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('You confirmed the address');

  // The stand-in for SES reports the complaint a moment after the delivery.
  const said = page.getByText(`An email to ${unwanted} was marked as spam`);
  await expect(async () => {
    await page.goto(`${portal.portal}/profile`);
    await expect(said).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page.locator('main')).toContainText('We only send sign-in codes');
  await accessible(page);
  await page.getByRole('button', { name: `Send emails to ${unwanted} again` }).click();
  await expect(said).toHaveCount(0);
  await page.reload();
  await expect(heading(page)).toHaveText('My profile');
  await expect(said).toHaveCount(0);
});
