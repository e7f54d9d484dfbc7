import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test as base, expect, type Page } from '@playwright/test';
import { gguf, sharded, whole, type Made } from './made-files.ts';
import { downloadReport, smallConfig, test, verdict } from './page.ts';

const single = pathToFileURL(resolve(process.env['PLIMSOLL_DIST'] ?? 'dist', 'plimsoll.html')).href;

/** Opens the file with the network off. Afterwards nothing may have failed, and nothing but the file may have been asked for. */
async function openFile(page: Page): Promise<() => void> {
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(error.message));
  page.on('request', request => { if (/^(https?|ws|file):/.test(request.url())) requests.push(request.url()); });
  await page.context().setOffline(true);
  await page.goto(single);
  return () => {
    expect(errors).toEqual([]);
    expect(requests).toEqual([single]);
  };
}

async function drop(page: Page, files: Made[]): Promise<void> {
  const made = files.map(({ name, bytes }) => [name, bytes.toString('base64')] as const);
  const transfer = await page.evaluateHandle(all => {
    const dropped = new DataTransfer();
    for (const [name, text] of all) dropped.items.add(new File([Uint8Array.from(atob(text), character => character.charCodeAt(0))], name));
    return dropped;
  }, made);
  await page.getByRole('main').dispatchEvent('drop', { dataTransfer: transfer });
}

base('the single file works from disk with the network off', async ({ page }) => {
  const check = await openFile(page);
  await expect(verdict(page)).toContainText('Fits');
  await page.getByRole('combobox', { name: 'GPU' }).fill('rtx 3060 12');
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toContainText('Does not fit');
  check();
});

base('the single file reads the headers of dropped files by itself', async ({ page }) => {
  const check = await openFile(page);
  const read = page.getByRole('status', { name: 'Files read' });
  const tiny = { ...smallConfig, hidden_size: 256, intermediate_size: 512, vocab_size: 1000, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2 };
  await drop(page, [...sharded(tiny, 1).shards.map(whole), { name: 'config.json', bytes: Buffer.from(JSON.stringify(tiny)) }]);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
  await expect(read).toContainText(/^Read .* of .*: headers only/);
  await expect(page.getByText(`The weights are counted as the files store them: ${sharded(tiny, 1).bytes} bytes of 21 tensors.`)).toBeVisible();
  await drop(page, [gguf()]);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue(gguf().name);
  await expect(page.getByText('The weights are counted as the files store them')).toBeVisible();
  check();
});

base('the single file asks no hub, and says what to do instead', async ({ page }) => {
  const check = await openFile(page);
  await page.getByRole('button', { name: 'From a hub' }).click();
  await page.getByRole('textbox', { name: 'Repository id or address' }).fill('https://hf.co/a/b-GGUF/blob/main/b.gguf');
  const dialog = page.getByRole('dialog', { name: 'Fetch from a hub' });
  await expect(dialog).toContainText('The saved copy of this page makes no requests');
  await expect(dialog.getByRole('link')).toHaveAttribute('href', 'https://huggingface.co/a/b-GGUF/blob/main/b.gguf');
  await expect(dialog.getByRole('button', { name: 'Fetch' })).toBeDisabled();
  await page.keyboard.press('Enter');
  check();
});

test('the single file and the hosted page give the same report', async ({ page, open }) => {
  const hash = '#v1&c=16384&n=2&kv=fp8';
  await open(hash);
  const hosted = await downloadReport(page);
  await page.context().newPage().then(async other => {
    await other.goto(single + hash);
    expect(await downloadReport(other)).toBe(hosted);
  });
});

test('the report is what the native program answers, byte for byte', async ({ page, open }) => {
  const path = '../wasm/load-core.mjs';
  const { nativeReports } = (await import(path)) as { nativeReports: (requests: object[]) => string[] };
  await open('#v1&m=Qwen/Qwen3-8B&c=16384&n=2&kv=fp8');
  const request = {
    model: { preset: 'Qwen/Qwen3-8B' },
    workload: { kind: 'inference', max_model_len: 16384, max_num_seqs: 2, kv_cache_dtype: 'fp8' },
    device: { gpu: 'nvidia/rtx-4090', device_count: 1 },
  };
  expect(await downloadReport(page)).toBe(`${nativeReports([request])[0]}\n`);
});

test('a long session sends nothing', async ({ page, open }) => {
  await open();
  for (const gpu of ['h100', '7900 xtx', 'm4 max']) {
    await page.getByRole('combobox', { name: 'GPU' }).fill(gpu);
    await page.keyboard.press('Enter');
    await expect(verdict(page)).toContainText('GiB');
  }
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '深色' }).click();
});
