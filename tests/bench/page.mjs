// First visits of the built page in a headless browser: how long until the verdict stands there, and what was fetched.
import { join } from 'node:path';

import { chromium } from '@playwright/test';
import { preview } from 'vite';

import { root } from '../../tools/steps.mjs';

const visits = 9;

/** Runs in the page before anything else: notes when the verdict first has words. */
function watchForVerdict() {
  const find = within => within.querySelector('#verdict')
    ?? [...within.querySelectorAll('*')].map(element => element.shadowRoot && find(element.shadowRoot)).find(Boolean);
  const look = () => {
    if (find(document)?.textContent.trim()) window.verdictAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function visit(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchForVerdict);
  const files = [];
  page.on('response', response => files.push(new URL(response.url()).pathname.slice(1) || 'index.html'));
  await page.goto(address, { waitUntil: 'load' });
  const milliseconds = await (await page.waitForFunction(() => window.verdictAt)).jsonValue();
  await context.close();
  return { milliseconds, files };
}

/** Each visit has a fresh context, so nothing is cached; the first one also warms the server and is not counted. */
export async function loadPage() {
  const server = await preview({ root: join(root, 'web'), configFile: join(root, 'web/vite.config.ts'), logLevel: 'silent',
    preview: { host: '127.0.0.1', port: 4189, strictPort: true } });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const address = server.resolvedUrls.local[0];
  const { files } = await visit(browser, address);
  const times = [];
  for (let count = 0; count < visits; ++count) times.push((await visit(browser, address)).milliseconds);
  times.sort((left, right) => left - right);
  await browser.close();
  await server.close();
  return { files: [...new Set(files)], median: times[Math.floor(visits / 2)], slowest: times.at(-1) };
}
