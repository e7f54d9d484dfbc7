import { expect, grouped, smallConfig, smallConfigParameters, test, verdict } from './page.ts';

const text = JSON.stringify(smallConfig, null, 2);

test('a pasted config is read to its exact parameter count', async ({ page, open }) => {
  await open();
  await page.getByRole('button', { name: 'Paste config.json' }).click();
  await page.getByRole('textbox', { name: 'Paste config.json' }).fill(text);
  await page.getByRole('button', { name: 'Read' }).click();
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
  await expect(page.getByText(grouped(smallConfigParameters))).toBeVisible();
});

test('a config may be pasted anywhere', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open();
  await page.evaluate(config => navigator.clipboard.writeText(config), text);
  await page.getByRole('heading', { name: 'Where it goes' }).click();
  await page.keyboard.press('Control+V');
  await expect(page.getByText(grouped(smallConfigParameters))).toBeVisible();
});

test('a config file may be chosen', async ({ page, open }) => {
  await open();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose file' }).click()]);
  await chooser.setFiles({ name: 'config.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await expect(page.getByText(grouped(smallConfigParameters))).toBeVisible();
});

test('a config file may be dropped anywhere', async ({ page, open }) => {
  await open();
  const files = await page.evaluateHandle(config => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([config], 'config.json', { type: 'application/json' }));
    return transfer;
  }, text);
  const main = page.getByRole('main');
  await main.dispatchEvent('dragover', { dataTransfer: files });
  await expect(page.getByText('Drop config.json or a model’s files to read them')).toBeVisible();
  await main.dispatchEvent('drop', { dataTransfer: files });
  await expect(page.getByText(grouped(smallConfigParameters))).toBeVisible();
  await expect(page.getByText('Drop config.json or a model’s files to read them')).toBeHidden();
});

const wrong: [name: string, config: string][] = [
  ['text that is not JSON', '{ "model_type": "llama", }'],
  ['a saved web page', '<!DOCTYPE html><html></html>'],
  ['an unknown model type', JSON.stringify({ ...smallConfig, model_type: 'no_such_model' })],
  ['a missing size', JSON.stringify({ ...smallConfig, num_hidden_layers: -3 })],
  ['an absurd size', JSON.stringify({ ...smallConfig, num_hidden_layers: 1e12 })],
  ['a wrong type', JSON.stringify({ ...smallConfig, hidden_size: 'wide' })],
  ['nothing', '   '],
];

test('a dropped file of 60 MB is refused, and the last result stays', async ({ page, open }) => {
  await open();
  const files = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(60_000_000).fill(120)], 'model.safetensors'));
    return transfer;
  });
  await page.getByRole('main').dispatchEvent('drop', { dataTransfer: files });
  await expect(page.getByRole('alert')).toContainText('the limit is');
  await expect(verdict(page)).toContainText('Fits');
});

for (const [name, config] of wrong) {
  test(`${name}: where, why and what to do are said, and the last result stays`, async ({ page, open }) => {
    await open();
    const before = await verdict(page).innerText();
    await page.getByRole('button', { name: 'Paste config.json' }).click();
    await page.getByRole('textbox', { name: 'Paste config.json' }).fill(config);
    await page.getByRole('button', { name: 'Read' }).click();
    const problem = page.getByRole('alert');
    await expect(problem).toContainText('Why');
    await expect(problem).toContainText('What to do');
    await expect(page.getByText('Previous result, from before the error above.')).toBeVisible();
    expect(await verdict(page).innerText()).toBe(before);
    await page.getByRole('button', { name: '中文' }).click();
    await expect(problem).toContainText('处理办法');
    await expect(problem).toContainText(/[一-鿿]{4}/);
    await page.getByRole('button', { name: '恢复上一次的设置' }).click();
    await expect(problem).toBeEmpty();
  });
}
