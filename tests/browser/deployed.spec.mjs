// Which file answers a path: CloudFront's function in infra/template.yaml against the portal on one machine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { expect, test } from './fixtures.mjs';

const root = new URL('../..', import.meta.url).pathname;
const pages = process.env.COUNTERSIGN_PAGES ?? join(root, 'target/pages');

/** The function, as CloudFront runs it. */
function pageOfPath() {
  const template = readFileSync(join(root, 'infra/template.yaml'), 'utf8');
  const lines = template.split('\n');
  const start = lines.findIndex((line) => line.trim() === 'FunctionCode: |') + 1;
  const indent = lines[start].search(/\S/);
  const end = lines.findIndex((line, index) => index > start && line.trim() && line.search(/\S/) < indent);
  const code = lines.slice(start, end).map((line) => line.slice(indent)).join('\n');
  return (uri, encoding) => {
    const headers = encoding ? { 'accept-encoding': { value: encoding } } : {};
    const request = { method: 'GET', uri, querystring: {}, headers, cookies: {} };
    return runInNewContext(`${code};handler(event)`, { event: { request } });
  };
}

test('UI-01 LINK-08: a deployed portal shows the same pages for the same paths as one on one machine', async ({ portal }) => {
  const answer = pageOfPath();
  const fileOf = (path, encoding) => answer(path, encoding).uri;
  const { files } = JSON.parse(readFileSync(join(pages, 'manifest.json'), 'utf8'));
  const paths = ['/', '/sign-in', '/activations', '/activations/enterprise/1/MAIL', '/manage/enterprise/1', '/manage/enterprise/1/person', '/manage', '/a', '/s', '/p', '/j', '/r', '/a/', '/p/', '/j.', '/s%20', '/a/b', '/a-b', ...Object.keys(files)];
  const forms = [['', (bytes) => bytes], ['gzip, deflate, br, zstd', brotliDecompressSync], ['gzip;q=1.0', gunzipSync], ['brie', (bytes) => bytes]];
  for (const path of paths) {
    const here = Buffer.from(await (await fetch(portal.portal + path)).arrayBuffer());
    for (const [encoding, opened] of forms) {
      const file = join(pages, fileOf(path, encoding));
      expect(existsSync(file), `${path} for a browser that takes "${encoding}" is ${file}`).toBe(true);
      expect(opened(readFileSync(file)).equals(here), `${path} for a browser that takes "${encoding}"`).toBe(true);
    }
  }
  for (const nothing of ['/assets/none.js', '/none.png']) {
    expect((await fetch(portal.portal + nothing)).status).toBe(404);
    expect(existsSync(join(pages, fileOf(nothing, 'br')))).toBe(false);
  }
});

test('LINK-01 SAFE-04: a mailed link whose # was encoded is led back to it, so that no further address holds the token', async ({ portal }) => {
  const answer = pageOfPath();
  const token = 'AbC-dEf_0123456789-xyzAbC-dEf_0123456789';
  const changed = ['a', 's', 'p', 'j', 'r'].flatMap((page) =>
    ['%23', '%2523', '%252523', '/%23', '.%23'].flatMap((mark) => ['', '%3E', '%253E', '&utm_source=mail', '.', '%23end'].map((tail) => [page, `/${page}${mark}${token}${tail}`])),
  );
  for (const [page, path] of changed) {
    const here = await fetch(portal.portal + path, { redirect: 'manual' });
    expect([here.status, here.headers.get('location'), here.headers.get('cache-control')], path).toEqual([302, `/${page}#${token}`, 'no-store']);
    const there = answer(path, 'br');
    expect([there.statusCode, there.headers.location.value, there.headers['cache-control'].value], path).toEqual([302, `/${page}#${token}`, 'no-store']);
  }
  // A link whose token is gone has its page; what only begins like one is not taken for one.
  for (const path of ['/a/', '/j%23', '/activations%23x', '/requests%23x', '/a/b%23x', '/profile']) {
    expect((await fetch(portal.portal + path, { redirect: 'manual' })).status, path).toBe(200);
    expect(answer(path, 'br').uri, path).toMatch(/html\.br$/);
  }
});
