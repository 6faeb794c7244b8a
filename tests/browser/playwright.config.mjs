// The portal is started by the tests themselves, on free ports and with an empty folder each, so they depend on no order.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  // A loaded machine takes its time; nothing waits for a time, only for what it waits for.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  workers: 2,
  reporter: [['list']],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Stockholm',
    launchOptions: {
      executablePath: process.env.COUNTERSIGN_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
    screenshot: 'only-on-failure',
  },
});
