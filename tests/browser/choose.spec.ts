import { expect, test, verdict } from './page.ts';

test('a first visit shows a verdict with numbers, unit and the next step', async ({ page, open }) => {
  await open();
  await expect(verdict(page)).toContainText('Fits');
  await expect(verdict(page)).toContainText('GiB');
  await expect(verdict(page)).toContainText('RTX 4090');
  await expect(verdict(page)).toContainText(/Longest context that fits: [\d,]+ tokens|full context of [\d,]+ tokens fits/);
  await expect(page).toHaveTitle(/Llama.*Fits/);
});

test('a model is chosen with the keyboard alone', async ({ page, open }) => {
  await open();
  const model = page.getByRole('combobox', { name: 'Model' });
  await model.focus();
  await page.keyboard.type('qwen3 8b');
  await expect(page.getByRole('listbox', { name: 'Model' })).toBeVisible();
  await expect(model).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Enter');
  await expect(model).toHaveValue(/Qwen3 8B/);
  await expect(model).toHaveAttribute('aria-expanded', 'false');
  await expect(page).toHaveURL(/#v1&m=Qwen\/Qwen3-8B/);
});

test('arrows move through the list, Escape leaves it unchanged', async ({ page, open }) => {
  await open();
  const gpu = page.getByRole('combobox', { name: 'GPU' });
  await gpu.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('listbox', { name: 'GPU' }).getByRole('option', { selected: true })).toHaveText(/RTX 4090/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(gpu).toHaveValue('GeForce RTX 4090');
  await expect(page).not.toHaveURL(/g=/);
});

test('a bare size is a model, with its assumptions said', async ({ page, open }) => {
  await open();
  await page.getByRole('combobox', { name: 'Model' }).fill('13B');
  await page.getByRole('option', { name: 'Only the size: 13B' }).click();
  await expect(page).toHaveURL(/p=13B/);
  await expect(page.getByText(/Only the parameter count is known/)).toBeVisible();
});

test('a context may be written as 128k, and a wrong one is explained', async ({ page, open }) => {
  await open();
  const context = page.getByRole('textbox', { name: 'Context' });
  await context.fill('128k');
  await context.press('Enter');
  await context.blur();
  await expect(context).toHaveValue('131,072');
  await expect(page).toHaveURL(/c=131072/);
  await context.fill('plenty');
  await context.blur();
  await expect(page.getByText('Not a number. Write 8192 or 8k.')).toBeVisible();
  await expect(context).toHaveAttribute('aria-invalid', 'true');
});

test('the slider moves by doublings with Page Up', async ({ page, open }) => {
  await open();
  await page.getByRole('slider', { name: 'Context on a logarithmic scale' }).focus();
  await page.keyboard.press('PageUp');
  await expect(page.getByRole('textbox', { name: 'Context' })).toHaveValue('16,384');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageDown');
  await expect(page.getByRole('textbox', { name: 'Context' })).toHaveValue('4,096');
});

test('what does not fit names the cheapest change, and one press applies it', async ({ page, open }) => {
  await open('#v1&m=meta-llama/Llama-2-13b-hf');
  await expect(verdict(page)).toContainText('Does not fit');
  await expect(verdict(page)).toContainText('Cheapest change:');
  await verdict(page).getByRole('button', { name: 'Apply' }).click();
  await expect(verdict(page)).not.toContainText('Does not fit');
});

test('several cards are asked for by count', async ({ page, open }) => {
  await open();
  const count = page.getByRole('textbox', { name: 'Count' });
  await count.fill('2');
  await count.blur();
  await expect(verdict(page)).toContainText('2 × GeForce RTX 4090');
  await expect(page).toHaveURL(/g=nvidia\/rtx-4090x2/);
});

test('more settings hold the attention implementation, and reset goes back', async ({ page, open }) => {
  await open();
  await page.getByRole('button', { name: 'More settings' }).click();
  await page.getByRole('combobox', { name: 'Attention' }).selectOption('eager');
  await expect(page).toHaveURL(/a=eager/);
  await page.getByRole('combobox', { name: 'Weights' }).selectOption('int4');
  await expect(page).toHaveURL(/w=int4/);
  await page.getByRole('button', { name: 'Reset all' }).click();
  await expect(page).not.toHaveURL(/a=eager|w=int4/);
  await expect(page.getByRole('combobox', { name: 'Weights' })).toHaveValue('');
});
