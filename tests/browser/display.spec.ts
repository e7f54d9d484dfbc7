import { downloadReport, expect, test, verdict } from './page.ts';

test('the language changes in place, with the address and the document', async ({ page, open }) => {
  await open();
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(verdict(page)).toContainText('显存足够');
  await expect(page.getByRole('heading', { name: '显存构成' })).toBeVisible();
  await expect(page).toHaveURL(/lang=zh/);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(verdict(page)).toContainText('Fits');
});

test.describe('a Chinese browser', () => {
  test.use({ locale: 'zh-CN' });
  test('sees Chinese from the start', async ({ page, open }) => {
    await open();
    await expect(verdict(page)).toContainText('显存足够');
    await expect(page).toHaveURL(/\/$/);
  });
});

test('the theme follows the system until it is chosen', async ({ page, open }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open();
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await paper();
  await page.getByRole('button', { name: 'Light' }).click();
  expect(await paper()).not.toBe(dark);
  await expect(page).toHaveURL(/theme=light/);
  await page.getByRole('button', { name: 'Dark' }).click();
  expect(await paper()).toBe(dark);
});

test('language, theme and unit change no byte of the report', async ({ page, open }) => {
  await open();
  const first = await downloadReport(page);
  await page.getByRole('button', { name: 'GB', exact: true }).click();
  await expect(verdict(page)).toContainText(/[\d.]+ GB/);
  await page.getByRole('button', { name: 'Dark' }).click();
  await page.getByRole('button', { name: '中文' }).click();
  expect(await downloadReport(page)).toBe(first);
});

test('on a narrow screen the verdict stays in view and nothing scrolls sideways', async ({ page, open }) => {
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await open();
    await expect(verdict(page)).toBeInViewport();
    await page.getByRole('heading', { name: 'Rules of thumb beside the exact answer' }).scrollIntoViewIfNeeded();
    await expect(verdict(page)).toBeInViewport();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});
