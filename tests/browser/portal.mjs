// Starts the portal on one machine, loads orders into it, reads its mailbox and moves its clock.
import { spawn, execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = new URL('../..', import.meta.url).pathname;
const program = process.env.COUNTERSIGN_LOCAL ?? join(root, 'target/debug/local');
const pages = process.env.COUNTERSIGN_PAGES ?? join(root, 'target/pages');
const admin = process.env.COUNTERSIGN_ADMIN ?? join(program, '..', 'countersign');

/** The portal's time when it starts: all dates in the tests are meant from here. */
export const at = '2026-11-22T09:00:00Z';

/** Nobody waits longer than this for something that happens by itself: far more than a loaded machine takes. */
const PATIENCE_MS = 60_000;

/** All tests of a portal come from one network address, which would run into the limits for strangers. */
const many = 1_000_000;
const network = { requests_an_hour: many, mails_an_hour: many, failures_a_day: many };
const policy = {
  // The dates in these tests were worked out with it.
  links: { months: 6 },
  sign_in: {
    domain_mails_an_hour: many,
    domain_all_mails_an_hour: many,
    networks: { ipv4: network, ipv6_64: network, ipv6_56: network, ipv6_48: network },
    strangers: { burst: many, burst_most: many, mails_a_minute: 6000, mails_a_day: many },
  },
  addresses: { mails_an_hour_a_network: many, mails_an_hour_overall: many },
};

/** How the mails of each kind call themselves. */
const SUBJECTS = {
  'sign-in-code': /^Your code to sign in/,
  'prove-address': /^Confirm your email address/,
  'to-move': /^Someone asks to move your email address/,
  welcome: /^You are named on agreements/,
  first: /^Activate /,
  resent: /^New link: activate /,
  again: /^Your link again: activate /,
  reminder: /^\d+ days? left: activate /,
  ended: /^The link to activate .* has expired/,
  key: /^Product key: /,
  assigned: /^Assigned: /,
  activated: /^Activated: /,
  refused: /^Not set up: /,
  undone: /^Undone: /,
};

/** Waits until `look` gives something. */
export async function until(look, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`in vain: ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts a portal of its own: an empty folder, free ports, its own clock. */
export async function start() {
  const data = mkdtempSync(join(tmpdir(), 'countersign-'));
  const policyFile = join(data, 'policy.json');
  writeFileSync(policyFile, JSON.stringify(policy));
  // Port 0 is any free one, given by the system: nobody can take it in between.
  const child = spawn(program, ['--data', data, '--pages', pages, '--port', '0', '--at', at, '--empty', '--policy', policyFile], {
    env: { ...process.env, COUNTERSIGN_MODE: 'local' },
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  const address = (name) =>
    until(() => {
      if (child.exitCode !== null) throw new Error(`the portal did not start:\n${said}`);
      return said.match(new RegExp(`${name}\\s+(http://\\S+)`))?.[1];
    }, () => `the portal's start:\n${said}`);
  const portal = await address('portal');
  const mailbox = await address('mailbox');
  const settings = Object.fromEntries(
    readFileSync(join(data, 'env'), 'utf8').split('\n').filter((line) => line.includes('='))
      .map((line) => line.replace(/^export /, '').split(/=(.*)/s)).map(([name, value]) => [name, value.replace(/^['"]|['"]$/g, '')]),
  );
  const env = { ...process.env, ...settings };
  const run = promisify(execFile);
  const as = async (operator, words) =>
    (await run(admin, words, { env: { ...env, COUNTERSIGN_OPERATOR: operator }, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })).stdout;
  const operators = new Map();
  /** The operators' command line, as this operator, who is minted if need be. */
  const countersignAs = async (name, ...words) => {
    if (!operators.has(name)) operators.set(name, (await as('', ['mint-operator', name])).trim());
    return as(operators.get(name), words);
  };
  const countersign = (...words) => countersignAs('test operator', ...words);
  const [database, tables, secret] = [env.AWS_ENDPOINT_URL_DYNAMODB, env.COUNTERSIGN_TABLES, env.AWS_SECRET_ACCESS_KEY];
  return new Portal({ portal, mailbox, database, tables, secret, data, child, countersign, countersignAs });
}

class Portal {
  #organisations = 0;

  constructor(parts) {
    Object.assign(this, parts);
  }

  /** An organisation that no other test knows: its people, its Licensing ID, its rows. */
  organisation(name = 'Contoso') {
    const nth = ++this.#organisations;
    return new Organisation(this, `${name} ${nth}`, `${name.toLowerCase()}${nth}.example`, String(88590000 + nth));
  }

  /** Asks the database as a program that holds the data folder's secret does: signed as AWS wants it. */
  async askDatabase(operation, request) {
    const [body, date, scope] = [JSON.stringify(request), '20261122T090000Z', '20261122/local/dynamodb/aws4_request'];
    const hash = (text) => createHash('sha256').update(text).digest('hex');
    const keyed = (key, text) => createHmac('sha256', key).update(text).digest();
    const canonical = ['POST', '/', '', `host:${new URL(this.database).host}`, '', 'host', hash(body)].join('\n');
    const key = scope.split('/').reduce(keyed, `AWS4${this.secret}`);
    const signature = keyed(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
    const answer = await fetch(this.database, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}`, 'x-amz-date': date,
        authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=${signature}`,
      },
      body,
    });
    if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Loads rows as an operator does, and waits until all that follows by itself is done. */
  async load(rows) {
    const file = join(this.data, `rows-${crypto.randomUUID()}.jsonl`);
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
    const said = await this.countersign('import', file);
    await this.settle();
    return said;
  }

  /** All mails to an address that are wanted, the newest first. */
  async mails(to, { kind, link, after = 0, about = '' } = {}) {
    const answer = await fetch(`${this.mailbox}/api/mails?limit=500&to=${encodeURIComponent(to)}`);
    const { mails } = await answer.json();
    return mails
      .map((mail) => ({ ...mail, link: mail.links.find((address) => address.includes(`/${link}#`)) }))
      .filter((mail) => mail.to === to.toLowerCase() && mail.number > after)
      .filter((mail) => (!kind || SUBJECTS[kind].test(mail.subject)) && (!link || mail.link) && mail.subject.includes(about));
  }

  /**
   * The newest mail to an address that is all of: of this `kind`, with a `link` to this page (`a`, `s`, `p`; it is `mail.link`),
   * `about` this product or organisation, newer than the mail of number `after`. Waits for it.
   */
  mail(to, wanted = {}) {
    return until(async () => (await this.mails(to, wanted))[0], `a mail to ${to}: ${JSON.stringify(wanted)}`);
  }

  /** The number of the newest mail: what comes after it is new. */
  async newest() {
    const answer = await fetch(`${this.mailbox}/api/mails?limit=1`);
    const { mails } = await answer.json();
    return mails[0]?.number ?? 0;
  }

  /** A mail's text. */
  async text(mail) {
    return (await (await fetch(`${this.mailbox}/api/mails/${encodeURIComponent(mail.id)}`)).json()).text;
  }

  /** Waits until a mail has arrived, and the portal has taken note. */
  async arrived(mail) {
    await until(async () => {
      const now = await (await fetch(`${this.mailbox}/api/mails/${encodeURIComponent(mail.id)}`)).json();
      return now.told.some((told) => told.fate === 'delivered');
    }, `the delivery of ${mail.subject}`);
    await this.settle();
  }

  /** Moves the portal's clock and lets everything that became due be done. */
  async moveTo(time) {
    await this.#post('/api/clock', { to: time });
    await this.settle();
  }

  /** Moves the portal's clock on by so many hours. */
  async moveOn(hours) {
    await this.#post('/api/clock', { forward: Math.round(hours * 3600) });
    await this.settle();
  }

  /** Waits until streams and functions have nothing to do. */
  async settle() {
    await this.#post('/api/settle', {});
  }

  async #post(path, body) {
    const answer = await fetch(this.mailbox + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Asks the portal as a page does, with the cookies of a browser context. */
  async ask(context, method, path, body) {
    const answer = await context.request.fetch(this.portal + path, {
      method,
      headers: { origin: this.portal, 'sec-fetch-site': 'same-origin', ...(body ? { 'content-type': 'application/json' } : {}) },
      data: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Signs a browser in without its pages, for tests that are about something else. */
  async enter(context, address) {
    const before = await this.newest();
    await this.ask(context, 'POST', '/api/sign-in/ask', { address });
    const { code } = await this.mail(address, { kind: 'sign-in-code', after: before });
    const me = await this.ask(context, 'POST', '/api/sign-in', { address, code });
    if (!me.country) await this.ask(context, 'POST', '/api/me/country', { country: 'SE' });
  }

  /** Signs in with the mailed code on the sign-in page that is open, as a person does. */
  async signIn(page, address) {
    await page.getByLabel('Work email address').fill(address);
    const before = await this.newest();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Code of six digits').waitFor();
    const { code } = await this.mail(address, { kind: 'sign-in-code', after: before });
    await page.getByLabel('Code of six digits').fill(code);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL((url) => url.pathname !== '/sign-in');
    // The country is asked once; whoever has confirmed it is further already.
    if (new URL(page.url()).pathname === '/country') {
      await page.getByLabel('Country or region').selectOption('SE');
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.waitForURL((url) => url.pathname !== '/country');
    }
  }

  async stop() {
    const ended = new Promise((resolve) => (this.child.exitCode === null ? this.child.once('exit', resolve) : resolve()));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** An organisation with its own people and Licensing ID. */
class Organisation {
  #orders = 0;

  constructor(portal, name, domain, number) {
    Object.assign(this, { portal, name, domain, number });
    this.osm = `osm@${domain}`;
    this.notices = `notices@${domain}`;
    this.primary = `primary@${domain}`;
    this.licence = { programme: 'enterprise', number };
  }

  get path() {
    return `enterprise/${this.number}`;
  }

  /** Its customer, its agreement and the products. */
  rows({ contacts } = {}) {
    return [
      { type: 'product', sku: 'MAIL-ENT', name: 'Mail and Calendar Enterprise', kind: 'online-service' },
      { type: 'product', sku: 'CHAT', name: 'Team Chat', kind: 'online-service' },
      { type: 'product', sku: 'CLOUD', name: 'Cloud Consumption', kind: 'consumption' },
      { type: 'product', sku: 'TOOLS', name: 'Developer Tools', kind: 'keyed-service' },
      { type: 'product', sku: 'OFFICE', name: 'Office Suite', kind: 'on-premises' },
      { type: 'customer', id: this.domain, name: this.name, country: 'SE' },
      { type: 'agreement', ...this.licence, customer: this.domain, starts: '2026-01-01', ends: '2028-12-31',
        contacts: contacts ?? { 'online-services-manager': this.osm, notices: this.notices, primary: this.primary } },
    ];
  }

  /** An order of it. */
  orderRow(lines, { purchased = '2026-11-10', usage_starts = purchased } = {}) {
    return { type: 'order', id: `PO-${this.number}-${++this.#orders}`, ...this.licence, purchased, usage_starts, lines };
  }

  /** Loads it with an order of 250 seats, and gives the mail with the link. */
  async buys({ product = 'MAIL-ENT', quantity = 250, ...when } = {}) {
    await this.portal.load([...this.rows(), this.orderRow([{ product, quantity }], when)]);
    return this.link();
  }

  /** The newest mail with an activation link to the online services manager. */
  link(wanted = {}) {
    return this.portal.mail(this.osm, { link: 'a', ...wanted });
  }
}
