import { downloadReport, expect, smallConfig, test, verdict } from './page.ts';

test('the address is a readable copy of the settings, and opening it restores them', async ({ page, open }) => {
  await open();
  await expect(page).toHaveURL(/\/$/);
  await page.getByRole('combobox', { name: 'Model' }).fill('mistral 7b');
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Weights' }).selectOption('int8');
  await page.getByRole('combobox', { name: 'KV cache' }).selectOption('fp8');
  const sequences = page.getByRole('textbox', { name: 'Sequences' });
  await sequences.fill('4');
  await sequences.blur();
  await expect(page).toHaveURL(/#v1&m=mistralai\/[^&]+&w=int8&n=4&kv=fp8$/);
  const first = await downloadReport(page);
  const said = await verdict(page).innerText();
  await open(new URL(page.url()).hash);
  expect(await verdict(page).innerText()).toBe(said);
  expect(await downloadReport(page)).toBe(first);
});

test('the copied link is the whole state', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('#v1&c=4096');
  await page.getByRole('button', { name: 'Dark' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Link copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/#v1&c=4096&theme=dark$/);
});

test('a config of one’s own travels in the link', async ({ page, open }) => {
  await open();
  await page.getByRole('button', { name: 'Paste config.json' }).click();
  await page.getByRole('textbox', { name: 'Paste config.json' }).fill(JSON.stringify(smallConfig, null, 4));
  await page.getByRole('button', { name: 'Read' }).click();
  await expect(page).toHaveURL(/#v1&cfg=[\w-]+$/);
  const first = await downloadReport(page);
  const { hash } = new URL(page.url());
  await open();
  await open(hash);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
  expect(await downloadReport(page)).toBe(first);
});

test('keys this version does not know are kept and told', async ({ page, open }) => {
  await open('#v1&c=4096&zz=from-tomorrow');
  await expect(page.getByText(/settings this version does not know: zz/)).toBeVisible();
  const sequences = page.getByRole('textbox', { name: 'Sequences' });
  await sequences.fill('2');
  await sequences.blur();
  await expect(page).toHaveURL(/#v1&c=4096&n=2&zz=from-tomorrow$/);
});

test('a changed hash is followed without a reload', async ({ page, open }) => {
  await open();
  await page.evaluate(() => { location.hash = '#v1&c=32768&g=nvidia/rtx-3060-12gbx2'; });
  await expect(page.getByRole('textbox', { name: 'Context' })).toHaveValue('32,768');
  await expect(page.getByRole('textbox', { name: 'Count' })).toHaveValue('2');
});

for (const hash of ['#v1&m=nobody/no-model', '#v1&g=nvidia/no-such-cardx1', '#v1&cfg=!!!', '#%%%&&&===', '#v1&c=&n=&w=nothing']) {
  test(`a damaged link is never a blank page: ${hash}`, async ({ page, open }) => {
    await open(hash);
    await expect(page.getByRole('combobox', { name: 'Model' })).toBeVisible();
    await expect(verdict(page)).toContainText('GiB');
  });
}
