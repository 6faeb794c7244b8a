// What tests are given: a portal that several share, each with an organisation of its own; or a portal of one's own, for those
// that move its clock.
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base } from '@playwright/test';

import { start } from './portal.mjs';

const STANDARD = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export { expect };

export const test = base.extend({
  portal: [
    async ({}, use) => {
      const portal = await start();
      await use(portal);
      await portal.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  /** An organisation of the shared portal that no other test knows. */
  org: async ({ portal }, use) => use(portal.organisation()),

  /** A portal of the test's own. */
  own: async ({}, use) => {
    const portal = await start();
    await use(portal);
    await portal.stop();
  },

  /** A browser that knows nothing of the other one: another person's, or a cold one. */
  cold: async ({ browser }, use) => {
    const context = await browser.newContext();
    await watch(context);
    await use(await context.newPage());
    await context.close();
  },

  /** Makes browsers of further people. */
  another: async ({ browser }, use) => {
    const contexts = [];
    await use(async () => {
      const context = await browser.newContext();
      contexts.push(context);
      await watch(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  context: async ({ context }, use) => {
    await watch(context);
    await use(context);
  },
});

/** Notes what must never be, not even for a moment: two headings of the first rank, or a program that stopped. */
async function watch(context) {
  await context.addInitScript(() => {
    const notes = (globalThis.notes = []);
    addEventListener('securitypolicyviolation', (event) => notes.push(`not allowed by the policy: ${event.violatedDirective} ${event.blockedURI}`));
    new MutationObserver(() => {
      const headings = [...document.querySelectorAll('#app h1')].map((heading) => heading.textContent);
      if (headings.length > 1) notes.push(`two headings: ${headings.join(' | ')}`);
      if (document.querySelector('#broken:not([hidden])')) notes.push('the program stopped');
    }).observe(document, { childList: true, subtree: true });
  });
}

/** The page is there, has one heading and a name, and axe finds nothing. */
export async function accessible(page) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page).toHaveTitle(/\S+ – Countersign$/);
  // What is still on its way would be judged half drawn.
  await expect(page.locator('.waiting')).toHaveCount(0);
  const found = await new AxeBuilder({ page }).withTags(STANDARD).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  expect(await page.evaluate(() => globalThis.notes)).toEqual([]);
}

/** Nothing lies beyond the edge of the window. */
export async function fits(page) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0);
}
