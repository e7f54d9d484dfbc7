// The page with hubs that this machine plays, and the dialog open.

import { type Server } from 'node:https';
import { chromium, expect, test as base, type Browser, type Page } from '@playwright/test';
import { type Asked, type Repository, startHubServer } from './hub-server.ts';
import { verdict } from './page.ts';

interface Hub {
  asked: Asked[];
  browser: Browser;
}

/** Tests with these repositories. */
export const hubTest = (repositories: Record<string, Repository>) => base.extend<{ hub: Page; asked: Asked[] }, { server: Hub }>({
  server: [async ({}, use, info) => {
    const started: { server: Server; port: number; asked: Asked[] } = await startHubServer(repositories);
    const own = info.project.use.launchOptions;
    const browser = await chromium.launch({
      ...own, args: [...(own?.args ?? []), '--ignore-certificate-errors', `--host-resolver-rules=${['huggingface.co', '*.hf.co', 'modelscope.cn', 'hf-mirror.com'].map(host => `MAP ${host}:443 127.0.0.1:${started.port}`).join(',')}`],
    });
    await use({ asked: started.asked, browser });
    await browser.close();
    started.server.closeAllConnections();
    started.server.close();
  }, { scope: 'worker' }],
  asked: async ({ server }, use) => {
    server.asked.length = 0;
    await use(server.asked);
  },
  hub: async ({ server, baseURL }, use) => {
    const context = await server.browser.newContext({ baseURL: baseURL!, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto('/');
    await expect(verdict(page)).toContainText(/GiB|GB/);
    await page.getByRole('button', { name: 'From a hub' }).click();
    await use(page);
    await context.close();
  },
});

export const paste = (page: Page, text: string): Promise<void> => page.getByRole('textbox', { name: 'Repository id or address' }).fill(text);
export const press = (page: Page): Promise<void> => page.getByRole('button', { name: 'Fetch' }).click();
export const dialog = (page: Page) => page.getByRole('dialog', { name: 'Fetch from a hub' });
