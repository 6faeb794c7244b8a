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
    return runInNewContext(`${code};handler(event)`, { event: { request } }).uri;
  };
}

test('UI-01 LINK-08: a deployed portal shows the same pages for the same paths as one on one machine', async ({ portal }) => {
  const fileOf = pageOfPath();
  const { files } = JSON.parse(readFileSync(join(pages, 'manifest.json'), 'utf8'));
  const paths = ['/', '/sign-in', '/activations', '/activations/enterprise/1/MAIL', '/a', '/s', '/p', '/j', '/a/b', ...Object.keys(files)];
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
