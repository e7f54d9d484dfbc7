// Files of a checkpoint, dropped and chosen: read in a worker, by their headers alone.

import { Buffer } from 'node:buffer';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page } from '@playwright/test';
import { type Made, gguf, sharded, whole } from './made-files.ts';
import { expect, smallConfig, test, verdict } from './page.ts';

/** The checkpoint of smallConfig in two shards. */
const shards = (): Made[] => sharded(smallConfig, 2).shards.map(whole);

const config: Made = { name: 'config.json', bytes: Buffer.from(JSON.stringify(smallConfig)) };

/** A folder with the files, for a chooser: files this long do not cross as text. */
function folderOf(files: Made[]): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'plimsoll-')), 'model');
  mkdirSync(folder);
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
  return folder;
}

async function choose(page: Page, button: string, paths: string | string[]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button }).press('Enter')]);
  await chooser.setFiles(paths);
}

const news = (page: Page, name: string) => page.getByRole('status', { name });

test('a GGUF file alone is a model, and the page says how little it read', async ({ page, open }) => {
  await open();
  const { name, bytes } = gguf();
  const files = await page.evaluateHandle(([file, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(text), character => character.charCodeAt(0))], file));
    return transfer;
  }, [name, bytes.toString('base64')] as const);
  await page.getByRole('main').dispatchEvent('drop', { dataTransfer: files });
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue(name);
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  await expect(page.getByText('The weights are counted as the files store them')).toBeVisible();
  await expect(page).toHaveURL(/gguf=/);
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await open(hash);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue(name);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(news(page, '已读取的文件')).toContainText('只在本机读取文件头');
});

test('shards and their config are chosen at once by keyboard, and equal the config', async ({ page, open }) => {
  await open();
  const folder = folderOf([...shards(), config]);
  await choose(page, 'Choose file', [join(folder, config.name)]);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
  const derived = await verdict(page).innerText();
  await choose(page, 'Choose file', [...shards().map(({ name }) => join(folder, name)), join(folder, config.name)]);
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  expect(await verdict(page).innerText()).toBe(derived);
  await expect(page.getByText('The checkpoint and the config differ')).toBeHidden();
});

test('a folder is one checkpoint', async ({ page, open }) => {
  await open();
  await choose(page, 'Choose folder', folderOf([...shards(), config]));
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
});

test('a shard alone and a broken header are refused, and the last result stays', async ({ page, open }) => {
  await open();
  const before = await verdict(page).innerText();
  const [first] = shards();
  await choose(page, 'Choose file', join(folderOf([first!]), first!.name));
  const problem = page.getByRole('alert');
  await expect(problem).toContainText('1 of 2 files of this checkpoint are missing: 2.');
  expect(await verdict(page).innerText()).toBe(before);
  const broken = { name: 'broken.gguf', bytes: gguf().bytes.subarray(0, 60) };
  await choose(page, 'Choose file', join(folderOf([broken]), broken.name));
  await expect(problem).toContainText('broken.gguf');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(problem).toContainText('处理办法');
  await page.getByRole('button', { name: '恢复上一次的设置' }).click();
  await expect(problem).toBeEmpty();
});

test('what a quantiser wrote is taken with its config, and beside the model that is there', async ({ page, open }) => {
  await open();
  const quantization: Made = { name: 'quantize_config.json', bytes: Buffer.from(JSON.stringify({ bits: 4, group_size: 128, desc_act: false, sym: true })) };
  const folder = folderOf([config, quantization]);
  await choose(page, 'Choose file', [join(folder, config.name)]);
  const plain = await verdict(page).innerText();
  await choose(page, 'Choose file', [join(folder, quantization.name)]);
  await expect(page).toHaveURL(/&qc=/);
  await expect(verdict(page)).not.toHaveText(plain);
  const quantised = await verdict(page).innerText();
  await choose(page, 'Choose file', [join(folder, config.name)]);
  await expect(page).not.toHaveURL(/&qc=/);
  await choose(page, 'Choose folder', folder);
  await expect(page).toHaveURL(/&qc=/);
  expect(await verdict(page).innerText()).toBe(quantised);
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await open(hash);
  expect(await verdict(page).innerText()).toBe(quantised);
});
