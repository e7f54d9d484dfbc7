// Parts of the page come when they are first wanted, and one that does not come is said.

import { expect, test, verdict } from './page.ts';

const partOf = (url: string): string | null => /\/(?:assets\/)?([a-zA-Z-]+?)(?:-[\w-]{8})?\.(?:js|json)(?:\?|$)/.exec(new URL(url).pathname)?.[1] ?? null;

test('a first visit asks for one language and for nothing of training', async ({ page, open }) => {
  const parts: (string | null)[] = [];
  page.on('request', request => parts.push(partOf(request.url())));
  await open();
  expect(parts.filter(part => part !== null).toSorted()).toEqual(['catalog', 'en', 'index']);
  await page.getByRole('radio', { name: 'Training' }).check();
  await expect(page.getByRole('heading', { name: 'Three numbers' })).toBeVisible();
  expect(parts).toContain('training-side');
});

test('a source comes with the first formula that is opened', async ({ page, open }) => {
  const parts: (string | null)[] = [];
  page.on('request', request => parts.push(partOf(request.url())));
  await open();
  expect(parts).not.toContain('sources');
  await page.getByRole('button', { name: /^Activations/ }).click();
  await page.locator('pl-ledger [data-path^="/activations/"]').first().click();
  await expect(page.locator('pl-ledger .origin a').first()).toBeVisible();
  expect(parts).toContain('sources');
});

test('a language that does not come is said, and the page stays as it is', async ({ page }) => {
  await page.route(/zh-CN-[^/]+\.js/, route => route.abort());
  await page.goto('/');
  await expect(verdict(page)).toContainText('Fits');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('alert')).toContainText('Reload the page and try again.');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(verdict(page)).toContainText('Fits');
});
