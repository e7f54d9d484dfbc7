import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './page.ts';

for (const language of ['en', 'zh']) {
  for (const theme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing: ${language}, ${theme}, ${width} px`, async ({ page, open }) => {
        test.slow();
        await page.setViewportSize({ width, height: 844 });
        await open(`#v1&m=meta-llama/Llama-2-13b-hf&lang=${language}&theme=${theme}`);
        await page.getByRole('button', { name: language === 'en' ? 'More settings' : '更多设置' }).click();
        await page.getByRole('button', { name: language === 'en' ? /^KV cache/ : /^KV 缓存/, expanded: false }).click();
        await page.getByRole('button', { name: language === 'en' ? /^Keys/ : /^K\b/, expanded: false }).first().click();
        const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
        expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)).toEqual([]);
      });
    }
  }
}

test('axe finds nothing while a list is open and while an error is shown', async ({ page, open }) => {
  test.slow();
  await open('#v1&m=nobody/no-model');
  await page.getByRole('combobox', { name: 'GPU' }).fill('rtx 40');
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)).toEqual([]);
});

test('every control has a target of at least 24 px', async ({ page, open }) => {
  await open();
  const small = await page.evaluate(() => {
    const found: string[] = [];
    const walk = (root: Document | ShadowRoot): void => {
      for (const element of root.querySelectorAll<HTMLElement>('*')) {
        if (element.shadowRoot) walk(element.shadowRoot);
        if (!element.matches('button, input, select, summary')) continue;
        const { width, height } = element.getBoundingClientRect();
        if (width > 0 && (width < 24 || height < 24)) found.push(`${element.textContent?.trim()} ${width}x${height}`);
      }
    };
    walk(document);
    return found;
  });
  expect(small).toEqual([]);
});
