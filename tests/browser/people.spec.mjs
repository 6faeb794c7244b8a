// Managing the users of a licence (APR-07, APR-08, PERM-03, ROLE-09): assigned in one browser, registered and used in another, edited
// with an end, removed; several at once; by keyboard alone, on a telephone, in the dark; and what goes wrong in between.
import { readFile } from 'node:fs/promises';

import { accessible, expect, fits, test } from './fixtures.mjs';
import { heading, tabTo } from './steps.mjs';

/** A telephone. */
const NARROW = { width: 320, height: 700 };

/** The page of a licence's users. */
const users = (portal, org) => `${portal.portal}/manage/${org.path}`;

/** The page of one of them. */
const personPage = (portal, org, address) => `${users(portal, org)}/person?address=${encodeURIComponent(address)}`;

/** The rows of the list. */
const listed = (page) => page.getByRole('table', { name: 'People' }).locator('tbody').getByRole('row');

/** The row of somebody. */
const rowOf = (page, address) => listed(page).filter({ hasText: address });

/** Changes somebody's rights without the pages, for tests that are about something else. */
async function change(portal, context, org, address, wanted) {
  const answer = await context.request.fetch(`${portal.portal}/api/people/change`, {
    method: 'POST',
    headers: { origin: portal.portal, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    data: JSON.stringify({ licence: org.licence, address, change: wanted }),
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Gives roles without the pages. */
const give = (portal, context, org, address, ...roles) => change(portal, context, org, address, { assign: { roles: { roles } } });

const next = (page) => page.getByRole('button', { name: 'Continue', exact: true }).click();

test('APR-07 APR-08 PERM-03 ROLE-09 UI-01: assigned to a colleague who registers and uses it, changed with ends, and removed', async ({ page, cold, another, portal, org }) => {
  const colleague = `kim@${org.domain}`;
  await org.buys();
  await portal.enter(page.context(), org.primary);

  // Two clicks from the licence, and back.
  await page.goto(`${portal.portal}/licences/${org.path}`);
  await page.getByRole('link', { name: 'Manage users' }).click();
  await expect(heading(page)).toHaveText(`Manage users of Enterprise ${org.number}`);
  await expect(page).toHaveURL(new RegExp(`/manage/${org.path}$`));
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Licences' })).toHaveAttribute('aria-current', 'page');
  await expect(listed(page)).toHaveCount(3);
  await expect(rowOf(page, org.primary)).toContainText('This is you.');
  await expect(rowOf(page, org.primary).getByRole('checkbox')).toHaveCount(0);
  await expect(rowOf(page, org.osm)).toContainText('Never registered');
  await accessible(page);
  await page.getByRole('link', { name: 'This licence' }).click();
  await expect(heading(page)).toHaveText(`Enterprise ${org.number}`);
  await page.goBack();
  await expect(heading(page)).toHaveText(`Manage users of Enterprise ${org.number}`);

  // What can't be done is not offered, with the reason and what helps.
  await page.getByRole('link', { name: org.notices }).click();
  await expect(heading(page)).toHaveText(org.notices);
  await expect(heading(page)).toBeFocused();
  await expect(page.locator('main')).toContainText('You can’t remove this person: they are the notices contact.');
  await expect(page.getByRole('link', { name: 'Remove', exact: true })).toHaveCount(0);
  await accessible(page);
  await page.goto(personPage(portal, org, org.primary));
  await expect(page.locator('main')).toContainText('This is your own address.');
  for (const name of ['Remove', 'Change permissions', 'Assign more']) await expect(page.getByRole('link', { name, exact: true })).toHaveCount(0);
  await accessible(page);
  await page.getByRole('link', { name: 'All users' }).click();

  // Assigning: what is missing is said at its field; a mistyped domain is noticed; nothing typed is lost.
  await page.getByRole('link', { name: 'Assign permissions' }).click();
  await expect(heading(page)).toHaveText(`Assign permissions on Enterprise ${org.number}`);
  await expect(heading(page)).toBeFocused();
  await next(page);
  await expect(page.getByRole('alert')).toContainText('Type the email address of the person');
  await expect(page.getByRole('alert')).toContainText('Choose at least one role');
  await accessible(page);
  await page.getByLabel('Email address of the person').fill(`kim@${org.domain.replace('contoso', 'contosso')}`);
  await page.getByLabel('Online Services Manager').check();
  await next(page);
  await expect(heading(page)).toHaveText('Check before you assign');
  await expect(page.locator('main')).toContainText(`You may mean ${colleague}.`);
  await accessible(page);
  await page.getByRole('link', { name: 'Change the address' }).click();
  await expect(page.getByLabel('Online Services Manager')).toBeChecked();
  await page.getByLabel('Email address of the person').fill(colleague);
  await page.getByLabel('Last day (optional)').fill('2027-02-23');
  await next(page);
  await expect(heading(page)).toHaveText('Check before you assign');
  await page.reload();
  await expect(page.locator('main')).toContainText('Online Services Manager, until the end of 23 Feb 2027 (UTC)');
  await expect(page.locator('main')).toContainText(`Nobody has registered with ${colleague}. We email an invitation.`);
  await expect(page.locator('main')).not.toContainText('You may mean');
  await accessible(page);
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await expect(heading(page)).toHaveText(`${colleague} has these permissions now`);
  await expect(heading(page)).toBeFocused();
  await accessible(page);
  const invitation = await portal.mail(colleague, { about: 'Your permissions on' });
  expect(await portal.text(invitation)).toContain('Sign in once with this email address by');
  await page.getByRole('link', { name: 'This person' }).click();
  await expect(page.locator('main')).toContainText('Invited');
  await expect(page.getByRole('button', { name: 'Send the invitation again' })).toBeVisible();
  await accessible(page);

  // The colleague registers with that address, and uses it.
  await cold.goto(portal.portal);
  await portal.signIn(cold, colleague);
  await cold.goto(`${portal.portal}/licences`);
  await expect(cold.locator('tbody').getByRole('row')).toContainText('Online Services Manager');
  await cold.goto(`${portal.portal}/activate/${org.path}/MAIL-ENT`);
  await cold.getByLabel('A new account').check();
  await next(cold);
  await cold.getByLabel('Yes, activate').check();
  await cold.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(cold)).toContainText('is activated');

  // Changing: each role with its own end.
  await page.reload();
  await expect(page.locator('main')).toContainText('Registered');
  await expect(page.getByRole('button', { name: 'Send the invitation again' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Change permissions' }).click();
  await expect(heading(page)).toHaveText(`Permissions of ${colleague} on Enterprise ${org.number}`);
  await expect(page.getByLabel('Last day of Online Services Manager (optional)')).toHaveValue('2027-02-23');
  await expect(page.getByLabel('Last day of Download (optional)')).toBeHidden();
  await page.getByRole('checkbox', { name: 'Download' }).check();
  await page.getByLabel('Last day of Download (optional)').fill('2026-11-01');
  await next(page);
  await expect(page.getByRole('alert')).toContainText('Choose a day that is not over yet');
  await accessible(page);
  await page.getByLabel('Last day of Download (optional)').fill('2027-01-31');

  // Meanwhile another Administrator changes it: that is said, and nothing chosen is lost.
  const other = await another();
  await portal.enter(other.context(), org.notices);
  await give(portal, other.context(), org, colleague, 'product-keys');
  await next(page);
  await expect(heading(page)).toHaveText('Check before you change');
  await expect(page.locator('main')).toContainText('Someone has changed this person’s permissions since you looked.');
  await expect(page.locator('main')).toContainText('Download, until the end of 31 Jan 2027 (UTC)');
  await expect(page.locator('dl').filter({ hasText: 'They lose' })).toContainText('Product Keys');
  await accessible(page);
  await give(portal, other.context(), org, colleague, 'licensing-info');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.locator('dl').filter({ hasText: 'They lose' })).toContainText('Licensing Info');
  await expect(page.locator('main')).toContainText('Someone has changed this person’s permissions since you looked.');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(heading(page)).toHaveText(`We saved the permissions of ${colleague}`);
  await accessible(page);
  await portal.mail(colleague, { about: 'Changed: your permissions on' });

  // Removing, with what it means; then it is gone, and says how to get it again.
  await page.getByRole('link', { name: 'This person' }).click();
  await page.getByRole('link', { name: 'Remove', exact: true }).click();
  await expect(heading(page)).toHaveText(`Remove ${colleague}?`);
  await expect(page.locator('dl').filter({ hasText: 'They lose' })).toContainText('Online Services Manager');
  await accessible(page);
  await page.getByRole('button', { name: 'Remove person' }).click();
  await expect(heading(page)).toHaveText(`${colleague} is removed`);
  await expect(heading(page)).toBeFocused();
  await accessible(page);
  await portal.mail(colleague, { about: 'Removed: your permissions on' });
  await cold.goto(`${portal.portal}/licences/${org.path}`);
  await expect(cold.getByText('None of your addresses can do anything here.')).toBeVisible();
  await page.getByRole('link', { name: 'All users' }).click();
  await expect(rowOf(page, colleague)).toContainText('Gave up or removed');

  // Assigned again: what agreements and orders gave comes back only by a tick, whose result is shown.
  await page.goto(personPage(portal, org, colleague));
  await page.getByRole('link', { name: 'Assign more' }).click();
  await expect(page.getByLabel('Email address of the person')).toHaveValue(colleague);
  await page.getByLabel('Licensing Info').check();
  await next(page);
  await expect(page.getByLabel('Also bring back what agreements and orders give')).not.toBeChecked();
  await accessible(page);
  await page.getByLabel('Also bring back what agreements and orders give').check();
  await page.getByRole('button', { name: 'Show what that gives' }).click();
  await expect(page.getByLabel('Also bring back what agreements and orders give')).toBeChecked();
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await expect(heading(page)).toHaveText(`${colleague} has these permissions now`);
});

test('UI-02 APR-07: assigned and removed with the keyboard alone', async ({ page, portal, org }) => {
  const colleague = `kim@${org.domain}`;
  const press = async (target, key = 'Enter') => {
    await tabTo(page, target);
    await page.keyboard.press(key);
  };
  await portal.load(org.rows());
  await portal.enter(page.context(), org.primary);
  await page.goto(users(portal, org));
  await expect(listed(page)).toHaveCount(3);
  await press(page.getByRole('link', { name: 'Assign permissions' }));
  await expect(heading(page)).toBeFocused();
  await tabTo(page, page.getByLabel('Email address of the person'));
  await page.keyboard.type(colleague);
  await page.keyboard.press('Enter');
  // The error summary has the keyboard; its link leads to the first box.
  await expect(page.getByRole('alert')).toBeFocused();
  await press(page.getByRole('alert').getByRole('link'));
  await expect(page.getByRole('checkbox', { name: 'Administrator' })).toBeFocused();
  await press(page.getByRole('checkbox', { name: 'Download' }), 'Space');
  await press(page.getByRole('button', { name: 'Continue' }));
  await expect(heading(page)).toHaveText('Check before you assign');
  await expect(heading(page)).toBeFocused();
  await press(page.getByRole('button', { name: 'Assign', exact: true }));
  await expect(heading(page)).toHaveText(`${colleague} has these permissions now`);
  await expect(heading(page)).toBeFocused();
  await press(page.getByRole('link', { name: 'All users' }));
  await expect(listed(page)).toHaveCount(4);
  await press(page.getByRole('checkbox', { name: `Tick ${colleague}` }), 'Space');
  await press(page.getByRole('link', { name: 'Remove them' }));
  await expect(heading(page)).toHaveText('Check before you remove all');
  await press(page.getByRole('button', { name: 'Remove all: 1' }));
  await expect(heading(page)).toHaveText('All changes are made');
  await expect(heading(page)).toBeFocused();
  await accessible(page);
});

test('UI-02: every step of managing users fits a telephone and is accessible in the dark', async ({ page, portal, org }) => {
  const [colleague, other] = [`kim@${org.domain}`, `a.very.long.name.of.somebody.who.works.here@subsidiary.${org.domain}`];
  await portal.load(org.rows());
  await portal.enter(page.context(), org.primary);
  await give(portal, page.context(), org, colleague, 'software-assurance-manager', 'online-services-manager');
  await give(portal, page.context(), org, other, 'administrator', 'download');
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: 'dark' });
  const looked = async (title) => {
    await expect(heading(page)).toHaveText(title);
    await accessible(page);
    await fits(page);
  };
  await page.goto(users(portal, org));
  await expect(listed(page)).toHaveCount(5);
  await page.getByRole('checkbox', { name: `Tick ${other}` }).check();
  await looked(`Manage users of Enterprise ${org.number}`);
  await page.getByRole('link', { name: 'Assign permissions to them' }).click();
  await page.getByLabel('Product Keys').check();
  await looked(`Assign permissions on Enterprise ${org.number}`);
  await next(page);
  await expect(page.getByRole('button', { name: 'Assign to all: 1' })).toBeVisible();
  await looked('Check before you assign to all');
  await page.getByRole('button', { name: 'Assign to all: 1' }).click();
  await looked('All changes are made');
  await page.goto(personPage(portal, org, other));
  await looked(other);
  await page.getByRole('link', { name: 'Change permissions' }).click();
  await looked(`Permissions of ${other} on Enterprise ${org.number}`);
  await page.getByRole('checkbox', { name: 'Software Assurance Manager' }).check();
  await next(page);
  await expect(page.getByRole('alert')).toContainText('Choose at least one benefit');
  await page.getByLabel('Home use').check();
  await looked(`Permissions of ${other} on Enterprise ${org.number}`);
  await next(page);
  await looked('Check before you change');
  await page.goto(`${personPage(portal, org, other)}&do=remove`);
  await looked(`Remove ${other}?`);
  await page.goto(`${users(portal, org)}/add`);
  await looked(`Assign permissions on Enterprise ${org.number}`);
  await page.goto(`${users(portal, org)}/several`);
  await looked('Several people');
});

test('UI-03 APR-07: sixty people are paged, searched, filtered and exported; several are changed at once, and the rest after a break', async ({ page, own }) => {
  const org = own.organisation();
  await own.load(org.rows());
  await own.enter(page.context(), org.primary);
  const names = Array.from({ length: 60 }, (_, nth) => `p${String(nth).padStart(2, '0')}@${org.domain}`);
  for (const [nth, name] of names.entries()) await give(own, page.context(), org, name, nth % 2 ? 'download' : 'licensing-info');
  await own.settle();
  await page.goto(users(own, org));
  await expect(listed(page)).toHaveCount(50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(listed(page)).toHaveCount(13);
  await accessible(page);
  await page.goBack();
  await expect(listed(page)).toHaveCount(50);
  const exported = async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`people-enterprise-${org.number}.csv`);
    return (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
  };
  expect(await exported()).toHaveLength(64);
  const search = async (choices, text, count) => {
    for (const [label, choice] of Object.entries(choices)) await page.getByLabel(label, { exact: true }).selectOption({ label: choice });
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    if (count) await expect(listed(page)).toHaveCount(count);
    else await expect(page.locator('#results')).toContainText('No results');
  };
  await search({ Role: 'Download' }, '', 30);
  expect(await exported()).toHaveLength(31);
  await page.reload();
  await expect(page.getByLabel('Role', { exact: true })).toHaveValue('download');
  await search({ State: 'Invited' }, 'p0', 5);
  await search({ Role: 'All', State: 'Registered' }, '', 1);
  await search({ State: 'Gave up or removed' }, '', 0);
  await accessible(page);
  await search({ State: 'All' }, 'p4', 10);

  // Three of what was found, and one more of another search.
  for (const name of ['p40', 'p41', 'p42']) await page.getByRole('checkbox', { name: `Tick ${name}@` }).check();
  await search({}, 'notices', 1);
  await page.getByRole('checkbox', { name: `Tick ${org.notices}` }).check();
  await expect(page.locator('#results').getByText('Ticked: 4')).toBeVisible();
  await page.getByRole('link', { name: 'Assign permissions to them' }).click();
  await page.getByLabel('Download').check();
  await next(page);
  const results = page.getByRole('table').locator('tbody').getByRole('row');
  await expect(results).toHaveCount(4);
  await expect(results.filter({ hasText: 'p41@' })).toContainText('Already so');
  await expect(results.filter({ hasText: 'p40@' })).toContainText('Gets: Download');
  await accessible(page);

  // The second change does not get through: what was made stays made, the rest is made once the service is there again.
  let sent = 0;
  await page.route('**/api/people/change', (route) => (++sent === 2 ? route.abort() : route.continue()));
  await page.getByRole('button', { name: 'Assign to all: 3' }).click();
  await expect(heading(page)).toHaveText('Some changes are not made yet');
  await expect(page.locator('main')).toContainText('Changed: 2.');
  await accessible(page);
  await page.getByRole('button', { name: 'Continue with the rest' }).click();
  await expect(heading(page)).toHaveText('All changes are made');
  await expect(page.locator('main')).toContainText('Changed: 3.');
  expect(sent).toBe(4);
  await page.getByRole('link', { name: 'All users' }).click();
  await search({ Role: 'Download' }, '', 33);
  await expect(page.getByText('Tick people to change several at once.')).toBeVisible();

  // Removing: who must stay is named with the reason, and the others are removed.
  await search({ Role: 'All' }, 'p5', 10);
  await page.getByRole('checkbox', { name: 'Tick p50@' }).check();
  await search({}, 'notices', 1);
  await page.getByRole('checkbox', { name: `Tick ${org.notices}` }).check();
  await page.getByRole('link', { name: 'Remove them' }).click();
  await expect(results.filter({ hasText: org.notices })).toContainText('This person can’t be removed');
  await accessible(page);
  await page.getByRole('button', { name: 'Remove all: 1' }).click();
  await expect(page.locator('main')).toContainText('Changed: 1. Already so: 0. Not possible: 1.');
  await accessible(page);
  await page.getByRole('link', { name: 'All users' }).click();
  await search({ State: 'Gave up or removed' }, '', 1);
});

test('APR-06 APR-07: a lost answer is asked for again with the same key, and done once; an ended session leads back', async ({ page, portal, org }) => {
  const colleague = `kim@${org.domain}`;
  await portal.load(org.rows());
  await portal.enter(page.context(), org.primary);
  await page.goto(`${users(portal, org)}/add`);
  await page.getByLabel('Email address of the person').fill(colleague);
  await page.getByLabel('Download').check();
  await next(page);
  await expect(heading(page)).toHaveText('Check before you assign');
  const keys = [];
  await page.route('**/api/people/change', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 1) return route.continue();
    // It is done, and nobody hears of it.
    await route.fetch();
    return route.abort();
  });
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('We can’t reach the service');
  await accessible(page);
  await page.getByRole('button', { name: 'Assign', exact: true }).click();
  await expect(heading(page)).toHaveText(`${colleague} has these permissions now`);
  expect(keys).toHaveLength(2);
  expect(keys[1]).toBe(keys[0]);
  await portal.settle();
  expect(await portal.mails(colleague, { about: 'Your permissions on' })).toHaveLength(1);

  await page.context().clearCookies();
  await page.goto(users(portal, org));
  await expect(page.getByLabel('Work email address')).toBeVisible();
  await portal.signIn(page, org.primary);
  await expect(heading(page)).toHaveText(`Manage users of Enterprise ${org.number}`);

  // Another change has another key.
  await page.goto(`${personPage(portal, org, colleague)}&do=remove`);
  await page.getByRole('button', { name: 'Remove person' }).click();
  await expect(heading(page)).toHaveText(`${colleague} is removed`);
  expect(keys[2]).not.toBe(keys[0]);
});

test('APR-08: an invitation is sent again, and what ended with it is given again in one step', async ({ page, own }) => {
  const org = own.organisation();
  const colleague = `kim@${org.domain}`;
  await own.load(org.rows());
  await own.enter(page.context(), org.primary);
  await give(own, page.context(), org, colleague, 'download', 'product-keys');
  await page.goto(personPage(own, org, colleague));
  await page.getByRole('button', { name: 'Send the invitation again' }).click();
  await expect(page.locator('main')).toContainText(`We sent an invitation to ${colleague}.`);
  await accessible(page);
  await own.mail(colleague, { about: 'Reminder: your permissions on' });

  // Nobody registers within its time.
  await own.moveTo('2027-01-05T09:00:00Z');
  await page.context().clearCookies();
  await own.enter(page.context(), org.primary);
  await page.goto(users(own, org));
  await expect(rowOf(page, colleague)).toContainText('Invitation expired');
  await page.getByRole('link', { name: colleague }).click();
  await expect(page.locator('main')).toContainText('Ended with the invitation');
  await accessible(page);
  await page.getByRole('link', { name: 'Assign again what ended' }).click();
  await expect(heading(page)).toHaveText('Check before you change');
  await expect(page.locator('dl').filter({ hasText: 'They get' })).toContainText('Product Keys');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(heading(page)).toHaveText(`We saved the permissions of ${colleague}`);
  await page.getByRole('link', { name: 'All users' }).click();
  await expect(rowOf(page, colleague)).toContainText('Invited');
});
