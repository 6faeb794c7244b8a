// Asking for permission on a licence and deciding on it (REQ, APR), why somebody may do something (ROLE-06), and giving a licence
// up (PERM): asked in the portal, decided from the mail or the inbox, used, given up.
import { accessible, expect, fits, test } from './fixtures.mjs';
import { heading, tabTo } from './steps.mjs';

/** A telephone. */
const NARROW = { width: 320, height: 700 };

/** Goes through the form until the request is sent; `choose` ticks what is asked for. */
async function ask(page, portal, org, choose) {
  await page.goto(`${portal.portal}/request?programme=enterprise&number=${org.number}`);
  await expect(heading(page)).toHaveText('Request permission');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('What do you need to do?');
  await choose();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText('Check before you send');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(heading(page)).toHaveText('We have your request');
}

/** Asks without the pages, for tests that are about what comes after; waits until it was found out who decides. */
async function asked(portal, context, org, roles, more = {}) {
  await portal.ask(context, 'POST', '/api/requests/ask', { licence: org.licence, asked: { roles, ...more } });
  await portal.settle();
}

/** The newest mail with a link to decide. */
const toDecide = (portal, to, after = 0) => portal.mail(to, { link: 'r', about: 'asks for permission', after });

/** The title of the page that decides. */
const asks = (org, who) => `${who} asks for permission on Enterprise ${org.number}`;

test('REQ-01 REQ-03 REQ-04 APR-01 APR-02 APR-03 APR-05 ROLE-06 PERM-02: asked on a telephone, approved from the mail, used, and given up', async ({ page, another, portal, org }) => {
  const colleague = `colleague@${org.domain}`;
  await org.buys();
  await page.setViewportSize(NARROW);

  // A link fills programme and number in; signing in leads back to it.
  await page.goto(`${portal.portal}/request?programme=enterprise&number=${org.number}`);
  await portal.signIn(page, colleague);
  await expect(heading(page)).toHaveText('Request permission');
  await expect(page.getByLabel('Programme')).toHaveValue('enterprise');
  await expect(page.getByLabel('Number of the licence')).toHaveValue(org.number);
  await accessible(page);
  await fits(page);
  await page.getByLabel('Programme').selectOption('');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose the programme of the licence');
  await accessible(page);
  await page.getByLabel('Programme').selectOption('enterprise');
  await page.getByRole('button', { name: 'Continue' }).click();

  await expect(heading(page)).toHaveText('What do you need to do?');
  await expect(heading(page)).toBeFocused();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose at least one role');
  // What comes with a role shows once the role is chosen.
  await expect(page.getByLabel('May manage reservations')).toBeHidden();
  await page.getByLabel('Online Services Manager').check();
  await expect(page.getByLabel('May manage reservations')).toBeVisible();
  await page.getByLabel('Comment (optional)').fill('I set up the mailboxes.\nThank you!');
  await expect(page.getByText('Characters left: 966')).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Continue' }).click();

  // The answers can be changed, and loading anew keeps them.
  await expect(heading(page)).toHaveText('Check before you send');
  await page.reload();
  await expect(page.getByText('I set up the mailboxes.')).toBeVisible();
  await accessible(page);
  await fits(page);
  await page.getByRole('link', { name: 'Change the roles' }).click();
  await expect(page.getByLabel('Online Services Manager')).toBeChecked();
  await page.goBack();
  await expect(heading(page)).toHaveText('Check before you send');
  const before = await portal.newest();
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(heading(page)).toHaveText('We have your request');
  await expect(heading(page)).toBeFocused();
  await expect(page.locator('main')).toContainText('If nobody decides, the request expires on');
  for (const address of [org.notices, org.primary]) await expect(page.locator('main')).not.toContainText(address);
  await accessible(page);
  await fits(page);
  await page.reload();
  await expect(heading(page)).toHaveText('We have your request');

  // All Administrators are mailed, each with a link of their own; the Online Services Manager is none.
  await portal.settle();
  const links = [await toDecide(portal, org.notices, before), await toDecide(portal, org.primary, before)].map((mail) => mail.link);
  expect(new Set(links).size).toBe(2);
  expect(await portal.mails(org.osm, { link: 'r' })).toEqual([]);
  await page.getByRole('link', { name: 'All my requests' }).click();
  await expect(heading(page)).toHaveText('My requests');
  await expect(page.locator('main')).toContainText('We sent it to 2 Administrators.');
  await expect(page.locator('main')).toContainText('You can send a reminder yourself from');
  await accessible(page);
  await fits(page);

  // One of them decides: a form without a choice decides nothing, approving takes signing in on the way.
  const boss = await another();
  await boss.setViewportSize(NARROW);
  await boss.goto(links[0]);
  await expect(heading(boss)).toHaveText(asks(org, colleague));
  expect(boss.url()).not.toContain('#');
  await expect(boss.locator('main')).toContainText('I set up the mailboxes.');
  await accessible(boss);
  await fits(boss);
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByRole('alert')).toContainText('Choose whether the person should get the permissions');
  await boss.getByLabel('Sign in to approve').check();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await portal.signIn(boss, org.notices);
  await expect(heading(boss)).toHaveText(asks(org, colleague));
  await expect(boss.getByRole('radio', { checked: true })).toHaveCount(0);
  await expect(boss.getByText(`You are signed in as ${org.notices}.`)).toBeVisible();
  await accessible(boss);
  await fits(boss);
  await boss.getByLabel('Yes, all of them').check();
  await boss.getByLabel('Message to the person (optional)').fill('Welcome aboard');
  const decided = await portal.newest();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(heading(boss)).toHaveText(`${colleague} has permission on Enterprise ${org.number}`);
  await expect(boss.getByText('You decided this.')).toBeVisible();
  await accessible(boss);
  await portal.mail(colleague, { about: 'Approved', after: decided });

  // The other link shows what was decided, and not by whom.
  const chief = await another();
  await chief.goto(links[1]);
  await expect(heading(chief)).toHaveText(`${colleague} has permission on Enterprise ${org.number}`);
  await expect(chief.getByText('Another administrator decided before you.')).toBeVisible();
  await expect(chief.locator('main')).not.toContainText(org.notices);
  await accessible(chief);

  // What was granted works from that instant.
  await page.reload();
  await expect(page.locator('main')).toContainText('The Administrator wrote: Welcome aboard');
  await accessible(page);
  await page.goto(`${portal.portal}/activate/${org.path}/MAIL-ENT`);
  await page.getByLabel('A new account').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Yes, activate').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(page)).toContainText('is activated');

  // Why they may, and giving it up.
  await page.goto(`${portal.portal}/licences`);
  await page.getByRole('link', { name: 'Why can I do this?' }).click();
  await expect(heading(page)).toHaveText(`What you can do on Enterprise ${org.number}`);
  await expect(page.locator('main')).toContainText('Someone granted it to you on');
  await expect(page.locator('main')).not.toContainText(org.notices);
  await accessible(page);
  await fits(page);
  await page.getByRole('link', { name: 'Give up this licence' }).click();
  await expect(heading(page)).toHaveText(`Give up Enterprise ${org.number}`);
  await expect(page.locator('section').filter({ hasText: 'You lose' })).toContainText('Online Services Manager');
  await accessible(page);
  await fits(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose whether to give it up');
  await page.getByLabel('Yes, give it up').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page)).toHaveText(`You gave up Enterprise ${org.number}`);
  await accessible(page);
  // Loading anew says what was done, and how to get it again.
  await page.reload();
  await expect(page.locator('main')).toContainText('This address gave the licence up, or was removed, on');
  await expect(page.getByRole('link', { name: 'Request permission', exact: true })).toBeVisible();
  await accessible(page);
  await page.goto(`${portal.portal}/licences`);
  await expect(page.getByRole('row', { name: new RegExp(org.number) })).toHaveCount(0);
});

test('APR-02 APR-03 APR-05 REQ-09: denied from the mail without signing in, with the keyboard alone', async ({ page, another, portal, org }) => {
  const colleague = `colleague@${org.domain}`;
  await portal.load(org.rows());
  await portal.enter(page.context(), colleague);
  await asked(portal, page.context(), org, ['licensing-info']);
  const { link } = await toDecide(portal, org.primary);

  const boss = await another();
  await boss.goto(link);
  await expect(heading(boss)).toHaveText(asks(org, colleague));
  await expect(boss.getByLabel('Yes, all of them')).toHaveCount(0);
  await tabTo(boss, boss.getByLabel('Sign in to approve'));
  await boss.keyboard.press('ArrowDown');
  await expect(boss.getByLabel('No, deny the request')).toBeChecked();
  await tabTo(boss, boss.getByLabel('Message to the person (optional)'));
  await boss.keyboard.type('Ask your manager first');
  await tabTo(boss, boss.getByRole('button', { name: 'Send decision' }));
  await boss.keyboard.press('Enter');
  await expect(heading(boss)).toHaveText(`An administrator denied the request of ${colleague}`);
  await expect(heading(boss)).toBeFocused();
  await accessible(boss);
  await portal.mail(colleague, { about: 'Denied' });

  await page.goto(`${portal.portal}/requests`);
  await expect(page.locator('main')).toContainText('An Administrator denied it on');
  await expect(page.locator('main')).toContainText('The Administrator wrote: Ask your manager first');
  await expect(page.getByRole('button', { name: 'Withdraw the request' })).toHaveCount(0);
  await accessible(page);
});

test('APR-01 APR-03 UI-09: decided in part from the inbox, which counts in the navigation; a request that changed is shown anew', async ({ page, another, portal, org }) => {
  const colleague = `colleague@${org.domain}`;
  await portal.load(org.rows());
  await portal.enter(page.context(), colleague);
  await ask(page, portal, org, async () => {
    await page.getByLabel('Licensing Info').check();
    await page.getByLabel('Last day (optional)').fill('2027-03-31');
  });
  await portal.settle();

  const boss = await another();
  await portal.enter(boss.context(), org.primary);
  await boss.goto(`${portal.portal}/`);
  const approvals = boss.getByRole('navigation').getByRole('link', { name: /^Approvals/ });
  await expect(approvals).toContainText('1');
  await expect(boss.getByText('Waiting for your decision: 1.')).toBeVisible();
  await approvals.click();
  await expect(heading(boss)).toHaveText('Requests for permission');
  await expect(heading(boss)).toBeFocused();
  await expect(boss.getByRole('row', { name: new RegExp(colleague) })).toContainText('Licensing Info');
  await accessible(boss);
  await boss.setViewportSize(NARROW);
  await accessible(boss);
  await fits(boss);
  await boss.getByRole('link', { name: `Decide on the request of ${colleague}` }).click();
  await expect(heading(boss)).toHaveText(asks(org, colleague));
  await expect(boss.locator('main')).toContainText('the end of 31 Mar 2027 (UTC)');
  await boss.reload();
  await expect(heading(boss)).toHaveText(asks(org, colleague));
  await accessible(boss);
  await fits(boss);

  // Meanwhile the person asks for something else: what is decided is what was shown.
  await ask(page, portal, org, async () => {
    await page.getByLabel('Licensing Info').uncheck();
    await page.getByLabel('Download').check();
    await page.getByLabel('Software Assurance Manager').check();
    await page.getByLabel('Planning services').check();
    await page.getByLabel('Home use').check();
  });
  await portal.settle();
  await boss.getByLabel('Yes, all of them').check();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByText('The person has asked for something else since you looked.')).toBeVisible();
  await expect(boss.getByRole('radio', { checked: true })).toHaveCount(0);
  await expect(boss.locator('main')).toContainText('Planning services');
  await accessible(boss);
  await boss.getByLabel('Yes, but only some of them').check();
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(boss.getByRole('alert')).toContainText('Choose at least one role');
  await boss.getByRole('checkbox', { name: 'Software Assurance Manager' }).check();
  await boss.getByRole('checkbox', { name: 'Home use' }).check();
  await accessible(boss);
  await fits(boss);
  await boss.getByRole('button', { name: 'Send decision' }).click();
  await expect(heading(boss)).toHaveText(`${colleague} has permission on Enterprise ${org.number}`);
  await expect(boss.locator('main')).toContainText('Not approved:');
  await expect(approvals).not.toContainText('1');
  await boss.getByRole('link', { name: 'All requests for permission' }).first().click();
  await expect(boss.getByText('Nobody asks for permission.')).toBeVisible();
  await accessible(boss);

  await page.goto(`${portal.portal}/requests`);
  await expect(page.locator('main')).toContainText('Approved in part');
  await expect(page.locator('main')).toContainText('Software Assurance Manager: Home use');
  await accessible(page);
  // The earlier links show what became of the requests that they were mailed for.
  const { link } = (await portal.mails(org.notices, { link: 'r', about: 'Please decide' })).at(-1);
  const chief = await another();
  await chief.goto(link);
  await expect(heading(chief)).toHaveText(`${colleague} has asked for something else`);
  await expect(chief.locator('main')).toContainText('The person has asked again since.');
  await accessible(chief);
});

test('REQ-02 REQ-04 REQ-06: an unknown number is answered alike; empty lists say what would fill them; what one has is left out', async ({ page, portal, org }) => {
  await portal.load(org.rows());
  await portal.enter(page.context(), `nobody@outsiders-of-${org.domain}`);
  await page.goto(`${portal.portal}/requests`);
  await expect(page.getByText('You have not requested any permissions.')).toBeVisible();
  await accessible(page);
  await page.goto(`${portal.portal}/approvals`);
  await expect(page.getByText('Nobody asks for permission.')).toBeVisible();
  await accessible(page);
  const told = [];
  for (const number of [org.number, '4711']) {
    await ask(page, portal, { number }, async () => page.getByLabel('Licensing Info').check());
    await portal.settle();
    // (The clock goes on meanwhile.)
    told.push((await page.locator('main').innerText()).replaceAll(number, '').replace(/\d\d:\d\d/g, ''));
    await accessible(page);
  }
  expect(told[1]).toBe(told[0]);
  await page.goto(`${portal.portal}/requests`);
  await expect(page.getByText('We sent it to the Administrators, if we know such a licence.')).toHaveCount(2);
  await accessible(page);

  await page.context().clearCookies();
  await portal.enter(page.context(), org.osm);
  await ask(page, portal, org, async () => {
    await page.getByLabel('Licensing Info').check();
    await page.getByLabel('Online Services Manager').check();
  });
  await expect(page.getByText('You already have the following, so we left it out: Online Services Manager.')).toBeVisible();
  await accessible(page);
});

test('REQ-05 REQ-09: reminded once, from the day that the page says; then withdrawn', async ({ page, own }) => {
  const org = own.organisation();
  const colleague = `colleague@${org.domain}`;
  await own.load(org.rows());
  await own.enter(page.context(), colleague);
  await asked(own, page.context(), org, ['download']);
  await page.goto(`${own.portal}/requests`);
  await expect(page.locator('main')).toContainText('You can send a reminder yourself from');
  await expect(page.getByRole('button', { name: 'Send a reminder' })).toHaveCount(0);
  // A Sunday, and two working days.
  await own.moveTo('2026-11-24T23:59:00Z');
  await own.enter(page.context(), colleague);
  await page.reload();
  const after = await own.newest();
  await page.getByRole('button', { name: 'Send a reminder' }).click();
  await expect(page.getByRole('dialog')).toContainText('You can do this once for a request.');
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Send a reminder' }).click();
  await expect(page.getByText('We have reminded the Administrators.', { exact: true }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send a reminder' })).toHaveCount(0);
  await own.mail(org.notices, { link: 'r', about: 'Still waiting', after });

  await page.getByRole('button', { name: 'Withdraw the request' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw the request' }).click();
  await expect(page.locator('main')).toContainText('You withdrew it on');
  await accessible(page);
});

test('PERM-03 ROLE-06 LIC-05: why a contact may do what they may, why they can’t leave, and what to do where a licence is missing', async ({ page, portal, org }) => {
  await portal.load(org.rows());
  await portal.enter(page.context(), org.notices);
  await page.goto(`${portal.portal}/licences`);
  await expect(page.getByRole('heading', { name: 'Is a licence missing?' })).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: 'Why can I do this?' }).click();
  await expect(page.locator('main')).toContainText('You are the Notices contact of this agreement.');
  await expect(page.locator('main')).toContainText('you are its notices contact');
  await expect(page.getByRole('link', { name: 'Give up this licence' })).toHaveCount(0);
  await accessible(page);

  // An Administrator sees the same of others, in other words.
  await page.goto(`${portal.portal}/access/${org.path}?address=${encodeURIComponent(org.osm)}`);
  await expect(heading(page)).toHaveText(`Who can do what on Enterprise ${org.number}`);
  await expect(page.locator('main')).toContainText('Online Services Manager of this agreement.');
  await expect(page.getByRole('link', { name: 'Give up this licence' })).toHaveCount(0);
  await accessible(page);

  await page.goto(`${portal.portal}/licences`);
  await page.getByRole('link', { name: 'Request permission', exact: true }).click();
  await expect(heading(page)).toHaveText('Request permission');
  await expect(page.getByLabel('Number of the licence')).toHaveValue('');
});
