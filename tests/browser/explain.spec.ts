import { expect, test } from './page.ts';

const line = (name: string | RegExp) => ({ name, expanded: false as const });

test('a segment opens to its parts, and a part to formula, numbers, basis and source', async ({ page, open }) => {
  await open();
  await page.getByRole('button', line(/^KV cache/)).click();
  await page.getByRole('button', line(/^Keys/)).click();
  await expect(page.getByRole('table', { name: 'Numbers put in' })).toContainText('KV heads');
  await expect(page.getByText('counted from the model and the settings')).toBeVisible();
  await expect(page.getByText(/^= [\d,]+ B = /)).toBeVisible();
});

test('every line opens, down to a formula with a source', async ({ page, open }) => {
  await open();
  const closed = page.locator('pl-ledger').getByRole('button', { expanded: false });
  for (let guard = 0; guard < 200 && (await closed.count()) > 0; guard += 1) await closed.first().click();
  expect(await closed.count()).toBe(0);
  const tables = await page.locator('pl-ledger').getByRole('table', { name: 'Numbers put in' }).count();
  expect(tables).toBeGreaterThan(8);
  // one source for each formula, and one for the usable memory
  expect(await page.locator('pl-ledger').getByText(/^Source:/).count()).toBe(tables + 1);
});

test('weights are listed tensor by tensor', async ({ page, open }) => {
  await open();
  await page.getByRole('button', line(/^Weights/)).click();
  await page.getByRole('button', line(/^Attention/)).click();
  await expect(page.getByRole('button', { name: /self_attn\.q_proj\.weight/ })).toBeVisible();
});

test('the bar has a table with the same figures', async ({ page, open }) => {
  await open();
  await expect(page.getByRole('img', { name: /^Weights .*Needed .* usable/ })).toBeVisible();
  await page.getByText('Table view').first().click();
  const table = page.getByRole('table', { name: 'Memory on one GPU' });
  await expect(table.getByRole('row', { name: /^Weights/ })).toContainText(' B');
  await expect(table.getByRole('row', { name: /^Needed/ })).toContainText('100.0 %');
  await expect(table.getByRole('row', { name: /^Headroom/ })).toBeVisible();
});

test('the largest moment is marked', async ({ page, open }) => {
  await open();
  await expect(page.getByRole('listitem').filter({ hasText: '▲ peak' })).toHaveCount(1);
});

test('the catalogue is ranked by fit; it sorts, filters and sets the GPU', async ({ page, open }) => {
  await open();
  const table = page.getByRole('table', { name: 'GPUs that carry it' });
  const rows = table.getByRole('row');
  await expect(rows.nth(1)).toContainText(/Fits|Tight/);
  await table.getByRole('button', { name: 'Usable' }).click();
  await expect(table.getByRole('columnheader', { name: 'Usable' })).toHaveAttribute('aria-sort', 'ascending');
  await table.getByRole('button', { name: 'Usable' }).click();
  await expect(table.getByRole('columnheader', { name: 'Usable' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('combobox', { name: 'Vendor' }).selectOption('amd');
  await expect(rows.nth(1)).toContainText('AMD');
  await page.getByRole('textbox', { name: 'Filter' }).fill('7900 xtx');
  await table.getByRole('button', { name: 'Choose Radeon RX 7900 XTX' }).click();
  await expect(page.getByRole('combobox', { name: 'GPU' })).toHaveValue('Radeon RX 7900 XTX');
});

test('the rules of thumb stand beside the exact answer, with reasons', async ({ page, open }) => {
  await open();
  const table = page.getByRole('table', { name: 'Rules of thumb beside the exact answer' });
  await expect(table.getByRole('row', { name: /Full load/ })).toContainText(/GB.*GiB/s);
});

test('memory against context has its table', async ({ page, open }) => {
  await open();
  await expect(page.getByRole('img', { name: /^From .* tokens/ })).toBeVisible();
});
