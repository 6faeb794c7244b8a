// What happens by itself as time goes by: reminders, the end of a link, its revival. Each test moves a clock of its own.
import { accessible, expect, test } from './fixtures.mjs';
import { activate, heading } from './steps.mjs';

test('EXP-06: an unused link is reminded of 30, 7 and 1 days before it ends, always with the same link; one that was used is not', async ({ page, own }) => {
  const unused = own.organisation('Fabrikam');
  const used = own.organisation('Contoso');
  const [first, other] = [await unused.buys(), await used.buys()];
  for (const mail of [first, other]) await own.arrived(mail);
  const reminders = (organisation) => own.mails(organisation.osm, { kind: 'reminder' });

  for (const [count, days, before, at] of [
    [1, '30 days', '2027-04-10T23:59:00Z', '2027-04-11T00:00:00Z'],
    [2, '7 days', '2027-05-03T23:59:00Z', '2027-05-04T00:00:00Z'],
    [3, '1 day', '2027-05-09T23:59:00Z', '2027-05-10T00:00:00Z'],
  ]) {
    await own.moveTo(before);
    expect(await reminders(unused)).toHaveLength(count - 1);
    await own.moveTo(at);
    const mail = await own.mail(unused.osm, { kind: 'reminder', link: 'a', about: `${days} left` });
    expect(mail.link).toBe(first.link);
    expect(await reminders(unused)).toHaveLength(count);
    // The first reminder reaches both; it is used by one of them.
    if (count === 1) {
      await own.mail(used.osm, { kind: 'reminder', link: 'a' });
      await own.enter(page.context(), used.osm);
      await activate(page, other.link);
    }
    expect(await reminders(used)).toHaveLength(1);
  }

  await own.moveTo('2027-05-11T00:00:00Z');
  await own.mail(unused.osm, { kind: 'ended' });
  expect(await own.mails(used.osm, { kind: 'ended' })).toEqual([]);
});

test('EXP-01 EXP-05 LINK-08: an unused link ends on time and says what helps', async ({ page, own }) => {
  const mail = await own.organisation().buys();
  await own.arrived(mail);
  const { link } = mail;
  await own.moveTo('2027-05-10T23:59:00Z');
  await page.goto(link);
  await expect(heading(page)).toHaveText('Activate Mail and Calendar Enterprise');
  await own.moveTo('2027-05-11T00:00:00Z');
  await page.reload();
  await expect(heading(page)).toHaveText('The link for Mail and Calendar Enterprise has expired');
  await expect(page.locator('main')).toContainText('ask for a new link');
  await accessible(page);
});

test('LINK-10: an ended link is revived: asked for in the portal, granted by an operator, mailed anew', async ({ page, cold, own }) => {
  const org = own.organisation();
  const old = await org.buys();
  await own.arrived(old);
  await own.moveTo('2027-05-11T00:00:00Z');
  await own.enter(page.context(), org.osm);
  await page.goto(`${own.portal}/activations/${org.path}/MAIL-ENT`);
  await expect(page.locator('main')).toContainText('Link expired');
  await accessible(page);
  await page.getByRole('button', { name: 'Ask for a new link' }).click();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for a new link' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'We have told support' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ask for a new link' })).toHaveCount(0);

  await own.countersign('revive', 'enterprise', org.number, 'MAIL-ENT', '--reason', 'asked in the portal');
  await own.settle();
  const fresh = await org.link({ after: old.number });
  await cold.goto(old.link);
  await expect(heading(cold)).toHaveText(/We sent a newer email/);
  await cold.goto('about:blank');
  await cold.goto(fresh.link);
  await expect(heading(cold)).toHaveText('Activate Mail and Calendar Enterprise');
});

test('ACT-06 ACT-12: a mail that waits for the usage start is announced, and goes out by itself', async ({ page, own }) => {
  const org = own.organisation();
  await own.load([...org.rows(), org.orderRow([{ product: 'CHAT', quantity: 10 }], { purchased: '2026-11-20', usage_starts: '2026-12-15' })]);
  await own.enter(page.context(), org.notices);
  await page.goto(`${own.portal}/where/${org.path}`);
  await expect(page.locator('main')).toContainText(/We email the link to the Online Services Manager, .* on 14 Dec 2026/);
  await accessible(page);
  expect(await own.mails(org.osm, { link: 'a' })).toEqual([]);
  await own.moveTo('2026-12-14T00:00:00Z');
  await org.link({ kind: 'first', about: 'Team Chat' });
});

test('ACT-03 ACT-12: a mail that bounces goes to the next contact, and the page says why', async ({ page, own }) => {
  const org = own.organisation();
  await own.load([...org.rows({ contacts: { 'online-services-manager': `bounce@${org.domain}`, notices: org.notices } }), org.orderRow([{ product: 'MAIL-ENT', quantity: 250 }])]);
  await own.mail(org.notices, { link: 'a' });
  await own.enter(page.context(), org.notices);
  await page.goto(`${own.portal}/where/${org.path}`);
  await expect(page.locator('main')).toContainText('We emailed the link to the Notices contact');
  const card = page.getByRole('article');
  await card.getByText('How we decided').click();
  await expect(card).toContainText('The email to the Online Services Manager, b•••@');
  await expect(card).toContainText('bounced');
  await accessible(page);
});

test('ACT-03 ACT-12 UI-03: where nobody can be written to, the page says so and whom to ask', async ({ page, own }) => {
  const org = own.organisation();
  await own.load([...org.rows({ contacts: { 'online-services-manager': `bounce@${org.domain}`, 'online-administrator': `admin@${org.domain}` } }), org.orderRow([{ product: 'MAIL-ENT', quantity: 250 }])]);
  await own.enter(page.context(), `admin@${org.domain}`);
  await page.goto(`${own.portal}/where/${org.path}`);
  await expect(page.locator('main')).toContainText('We have not reached anyone since');
  await accessible(page);
  await page.getByRole('link', { name: 'Open this activation' }).click();
  await expect(page.locator('main')).toContainText('support@northwind.example');
  await accessible(page);
});
