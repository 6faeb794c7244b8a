// Starts the portal on one machine for a test file, loads a few orders, and reads the mailbox.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;
const program = process.env.COUNTERSIGN_LOCAL ?? join(root, 'target/debug/local');
const pages = process.env.COUNTERSIGN_PAGES ?? join(root, 'target/pages');
const admin = process.env.COUNTERSIGN_ADMIN ?? join(program, '..', 'countersign');

export const at = '2026-11-22T09:00:00Z';

/** A running portal: its addresses, its mailbox, its clock. */
export async function start() {
  const data = mkdtempSync(join(tmpdir(), 'countersign-'));
  const port = await freePort();
  const child = spawn(program, ['--data', data, '--pages', pages, '--port', String(port), '--at', at, '--empty'], {
    env: { ...process.env, COUNTERSIGN_MODE: 'local' },
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  const address = async (name) => {
    for (let tries = 0; tries < 300; tries++) {
      const found = said.match(new RegExp(`${name}\\s+(http://\\S+)`));
      if (found) return found[1];
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the portal did not start:\n${said}`);
  };
  const portal = await address('portal');
  const mailbox = await address('mailbox');
  const settings = Object.fromEntries(
    readFileSync(join(data, 'env'), 'utf8').split('\n').filter((line) => line.includes('='))
      .map((line) => line.replace(/^export /, '').split(/=(.*)/s)).map(([name, value]) => [name, value.replace(/^['"]|['"]$/g, '')]),
  );
  const env = { ...process.env, ...settings };
  const countersign = (...words) => execFileSync(admin, words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  env.COUNTERSIGN_OPERATOR = countersign('mint-operator', 'test operator').trim();

  return {
    portal,
    countersign,
    /** Loads rows as an operator does. */
    load(rows) {
      const file = join(data, `rows-${Math.random().toString(36).slice(2)}.jsonl`);
      writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
      return countersign('import', file);
    },
    /** The newest mail to an address whose subject matches; waits for it. */
    async mail(to, subject, after = 0) {
      for (let tries = 0; tries < 200; tries++) {
        const answer = await fetch(`${mailbox}/api/mails?to=${encodeURIComponent(to)}`);
        const { mails } = await answer.json();
        const found = mails.find((mail) => subject.test(mail.subject) && mail.number > after);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`no mail to ${to} with ${subject}`);
    },
    /** Moves the portal's clock and lets everything that became due be done. */
    async moveTo(time) {
      const moved = await fetch(`${mailbox}/api/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ to: time }) });
      if (!moved.ok) throw new Error(`the clock does not move: ${await moved.text()}`);
      await this.settle();
    },
    async settle() {
      await fetch(`${mailbox}/api/settle`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    },
    stop() {
      child.kill('SIGKILL');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Contoso with one order. */
export function contoso(number = '88590039', order = 'PO-1') {
  return [
    { type: 'product', sku: 'MAIL-ENT', name: 'Mail and Calendar Enterprise', kind: 'online-service' },
    { type: 'customer', id: 'contoso', name: 'Contoso', country: 'SE' },
    { type: 'agreement', programme: 'enterprise', number, customer: 'contoso', starts: '2026-01-01', ends: '2028-12-31',
      contacts: { 'online-services-manager': 'osm@contoso.example', notices: 'notices@contoso.example', primary: 'primary@contoso.example' } },
    { type: 'order', id: order, programme: 'enterprise', number, purchased: '2026-11-10', usage_starts: '2026-11-10',
      lines: [{ product: 'MAIL-ENT', quantity: 250 }] },
  ];
}

/** Signs in with the mailed code on the sign-in page that is open. */
export async function signIn(page, portal, address) {
  await page.getByLabel('Work e-mail address').fill(address);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code of six digits').waitFor();
  const { code } = await portal.mail(address, /code|sign/i);
  await page.getByLabel('Code of six digits').fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // The country is asked once; whoever has confirmed it is further already.
  const country = page.getByLabel('Country or region');
  await Promise.race([country.waitFor(), page.waitForURL((url) => !/sign-in|country/.test(url.pathname))]);
  if (await country.isVisible()) {
    await country.selectOption('SE');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.waitForURL((url) => !/sign-in|country/.test(url.pathname));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
