// The README's pictures: `cargo xtask pictures` runs this and nothing else does.
import { defineConfig } from '@playwright/test';

import tests from './playwright.config.mjs';

export default defineConfig(tests, { testMatch: 'pictures.mjs', workers: 1 });
