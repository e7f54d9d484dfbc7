import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { downloadReport, test, verdict } from './page.ts';

const single = pathToFileURL(resolve(process.env['PLIMSOLL_DIST'] ?? 'dist', 'plimsoll.html')).href;

base('the single file works from disk with the network off', async ({ page, context }) => {
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(error.message));
  page.on('request', request => { if (/^(https?|ws|file):/.test(request.url())) requests.push(request.url()); });
  await context.setOffline(true);
  await page.goto(single);
  await expect(verdict(page)).toContainText('Fits');
  await page.getByRole('combobox', { name: 'GPU' }).fill('rtx 3060 12');
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toContainText('Does not fit');
  expect(errors).toEqual([]);
  expect(requests).toEqual([single]);
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
