// What every browser test stands on: the page opened at a hash, and a watch that fails the test on any console error
// and on any request that leaves after the page has loaded.

import { test as base, expect, type Locator, type Page } from '@playwright/test';

interface Opened {
  /** Opens the page at a hash and waits for the verdict. */
  open: (hash?: string) => Promise<void>;
}

export const verdict = (page: Page): Locator => page.getByRole('status', { name: /^(Verdict|结论)$/ });

export const test = base.extend<Opened>({
  open: async ({ page }, use) => {
    const errors: string[] = [];
    const late: string[] = [];
    let loaded = false;
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
    });
    page.on('pageerror', error => errors.push(error.message));
    page.on('request', request => {
      // Parts of the page itself come when they are first wanted: the other language, a dialog, the reader of headers.
      const own = /^http:\/\/127\.0\.0\.1:\d+\/(headers\.wasm|sources\.json|assets\/[^/?]+\.js)(\?|$)/.test(request.url());
      if (loaded && !own && /^(https?|ws|file):/.test(request.url())) late.push(request.url());
    });
    await use(async (hash = '') => {
      loaded = false;
      await page.goto(`/${hash}`);
      await expect(verdict(page)).toContainText(/GiB|GB/);
      loaded = true;
    });
    expect(errors, 'console errors').toEqual([]);
    expect(late, 'requests after load').toEqual([]);
  },
});

export { expect };

/** A small model of the llama family: the keys a config.json of it has, with sizes of our own. */
export const smallConfig = {
  model_type: 'llama',
  hidden_size: 1024,
  intermediate_size: 2816,
  num_hidden_layers: 12,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  vocab_size: 32000,
  max_position_embeddings: 16384,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

/** Parameters of smallConfig, counted by hand: embedding and head, then attention, MLP and norms of each layer. */
export const smallConfigParameters =
  2 * 32000 * 1024 + 12 * (2 * 1024 * 1024 + 2 * 1024 * 256 + 3 * 1024 * 2816 + 2 * 1024) + 1024;

export const grouped = (value: number): string => value.toLocaleString('en-US');

/** The report that the page offers for download, byte by byte. */
export async function downloadReport(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^(Download report|下载报告)/ }).click()]);
  const stream = await download.createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
