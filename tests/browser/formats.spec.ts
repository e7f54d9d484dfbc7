// Weight formats: the picker's real bits and bytes, and the matrix of formats and cards.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './page.ts';

const qwen = '#v1&m=Qwen/Qwen3-8B';
const openMatrix = (page: Page): Promise<void> => page.getByRole('button', { name: 'Compare formats and GPUs' }).click();
const row = (page: Page, name: string | RegExp) => page.getByRole('table', { name: 'Formats and GPUs' }).getByRole('row', { name });

test('the picker says what the weights of this model really take', async ({ page, open }) => {
  await open(`${qwen}&w=Q4_K_M`);
  const weights = page.getByRole('combobox', { name: 'Weights' });
  // 16,381,470,720 bytes of 8,190,735,360 parameters; 4-bit GPTQ leaves the embedding and the head in 16 bit.
  await expect(weights.getByRole('option', { name: 'auto · 16.00 bits · 15.26 GiB' })).toBeAttached();
  await expect(weights.getByRole('option', { name: 'GPTQ, 4 bit, groups of 128 · 5.96 bits · 5.68 GiB' })).toBeAttached();
  await expect(page.getByText('4.91 bits per weight')).toBeVisible();
  await weights.selectOption('bf16');
  await expect(page.getByText('16.00 bits per weight')).toBeVisible();
  await expect(weights.locator('optgroup[label="GGUF file types, for llama.cpp"] option')).toHaveCount(35);
});

test('the matrix is computed when it is opened, and a cell takes its format and card', async ({ page, open }) => {
  await open(qwen);
  await expect(page.locator('pl-format-matrix table')).toHaveCount(0);
  await openMatrix(page);
  const published = row(page, /^BF16/);
  await expect(published.getByRole('cell', { name: '31,503' })).toBeVisible();
  await expect(published.getByRole('button', { name: /does not fit/ }).first()).toContainText('−4.58 GiB');
  await row(page, /^Q4_K_M/).getByRole('button', { name: /25,328/ }).click();
  await expect(page).toHaveURL(/w=Q4_K_M.*g=nvidia\/rtx-3060-12gbx1/);
  await expect(page.getByRole('status', { name: 'Verdict' })).toContainText('Longest context that fits: 25,328 tokens');
});

test('a cell with less than what was asked for takes its context too', async ({ page, open }) => {
  await open(`${qwen}&c=16384`);
  await openMatrix(page);
  await row(page, /^FP8 with scales/).getByRole('button', { name: /less than asked/ }).click();
  await expect(page).toHaveURL(/w=fp8_block&c=7977&g=nvidia\/rtx-3060-12gbx1/);
  await expect(page.getByRole('status', { name: 'Verdict' })).toContainText('Tight');
});

test('cards come and go by keyboard, and every format can be shown', async ({ page, open }) => {
  await open(qwen);
  await openMatrix(page);
  const heads = page.locator('pl-format-matrix thead th.gpu');
  await expect(heads).toHaveCount(6);
  await page.getByRole('button', { name: 'Remove L40S' }).press('Enter');
  await expect(heads).toHaveCount(5);
  const add = page.getByRole('combobox', { name: 'Add a GPU' });
  await add.fill('H20');
  await add.press('ArrowDown');
  await add.press('Enter');
  await expect(heads).toHaveCount(6);
  await expect(heads.last()).toContainText('H20');
  await page.getByRole('button', { name: /^Show all \d+ formats/ }).press('Enter');
  await expect(row(page, /^EXL3, 4 bits/)).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'Idealised: every tensor alike' })).toBeVisible();
});

test('an open matrix follows the settings', async ({ page, open }) => {
  await open(qwen);
  await openMatrix(page);
  await expect(row(page, /^BF16/).getByRole('cell', { name: '31,503' })).toBeVisible();
  await page.getByRole('combobox', { name: 'KV cache' }).selectOption('fp8');
  await expect(row(page, /^BF16/)).toContainText('40,960');
});

for (const [language, theme, width] of [['en', 'light', 1280], ['zh', 'dark', 390]] as const) {
  test(`the open matrix is accessible and fits the page: ${language}, ${theme}, ${width} px`, async ({ page, open }) => {
    test.slow();
    await page.setViewportSize({ width, height: 844 });
    await open(`${qwen}&lang=${language}&theme=${theme}`);
    for (const panel of ['pl-format-matrix', 'pl-file-size']) await page.locator(`${panel} button.open`).click();
    await expect(page.locator('pl-format-matrix tbody')).not.toHaveCount(0);
    const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test('full or quantised: what is saved of the weights and of everything', async ({ page, open }) => {
  await open('#v1&m=meta-llama/Llama-2-7b-hf');
  await openMatrix(page);
  const table = page.getByRole('table', { name: 'Full or quantised?' });
  // bitsandbytes INT8 of Llama-2-7B saves 48.1 % of 16 bit, where the rule says 75 % of FP32; the cache of 1 GiB stays.
  const int8 = table.getByRole('row', { name: /^LLM.int8/ });
  await expect(int8).toContainText('−75.0 %');
  await expect(int8).toContainText('−48.1 %');
  await expect(table.getByRole('row', { name: /^FP32/ })).toContainText('+100.0 %');
  await expect(page.getByText(/Only the weights shrink: 12\.55 GiB become .* in 4 bit\. The KV cache stays at 1\.00 GiB\./)).toBeVisible();
  await expect(page.getByText(/the KV cache takes 1\.00 GiB, less than the weights in 4 bit/)).toBeVisible();
});

test('values of the cache in a format of their own, in the link too', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-8B&kv=q8_0');
  await page.getByRole('button', { name: 'More settings' }).click();
  const values = page.getByRole('combobox', { name: 'Values of the cache' });
  await expect(values).toHaveValue('');
  await expect(page.locator('pl-load')).toContainText('641,650,176 B');
  await values.selectOption('q4_0');
  // 36 layers, 8 heads of 128, the 8191 tokens of the prompt: rows of 32 take 34 bytes, and 18 where values are narrower.
  await expect(page.locator('pl-load')).toContainText('490,673,664 B');
  await expect(page).toHaveURL(/kv=q8_0&kvv=q4_0/);
  await open('#v1&m=Qwen/Qwen3-8B&kv=q4_0&kvv=q8_0');
  await expect(values).toHaveValue('q8_0');
  await expect(page.locator('pl-load')).toContainText('490,673,664 B');
});

test('why not the file size: every step from the files to what is needed', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-8B&w=ct_w4a16_g128&g=nvidia/rtx-4090x2');
  await page.getByRole('button', { name: 'Why not the file size?' }).press('Enter');
  const table = page.getByRole('table', { name: 'Why not the file size?' });
  await expect(table.getByRole('row', { name: /^Made dense by the first forward pass/ })).toContainText('+');
  await expect(table.getByRole('row', { name: /^Tensors that every GPU holds a copy of/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /^KV cache/ })).toBeVisible();
  const needed = (await page.getByRole('status', { name: 'Verdict' }).innerText()).match(/([\d.]+) of/)![1]!;
  await expect(table.getByRole('row', { name: /^Needed on one GPU/ })).toContainText(`${needed} GiB`);
  await expect(page.getByText('Published, the model’s tensors take 16.38 GB')).toBeVisible();
  await page.getByRole('combobox', { name: 'Weights' }).selectOption('');
  await expect(table.getByRole('row', { name: /^Made dense/ })).toHaveCount(0);
  await expect(table.getByRole('row', { name: /^Tensors in a checkpoint/ })).toContainText('16.38 GB');
});
