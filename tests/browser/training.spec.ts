import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { type Page } from '@playwright/test';
import { downloadReport, expect, test, verdict } from './page.ts';
import type { Report } from '../../wasm/plimsoll.ts';

const small = '#v1&m=Qwen/Qwen3-0.6B&t=training&ft=full';
const moments = ['Before forward', 'Forward peak', 'After forward', 'Backward peak', 'End of backward', 'Optimizer step', 'After the step'];

const reportOf = async (page: Page): Promise<Report> => {
  const outcome = JSON.parse(await downloadReport(page)) as { value: Report };
  return outcome.value;
};

const grouped = (bytes: number): string => `${bytes.toLocaleString('en-US')} B`;

test('a switch turns the page to training, by keyboard too, and each side keeps its own settings', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-8B&n=4');
  await page.getByRole('radio', { name: 'Inference' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Training' })).toBeChecked();
  await expect(page).toHaveURL(/#v1&m=Qwen\/Qwen3-8B&t=training&n=4$/);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Qwen3 8B');
  await expect(page.getByRole('heading', { name: 'Memory over a step' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Context' })).toBeHidden();
  const length = page.getByRole('textbox', { name: 'Sequence length' });
  await length.fill('1k');
  await length.blur();
  await page.getByRole('radio', { name: 'Inference' }).check();
  await expect(page.getByRole('textbox', { name: 'Sequences' })).toHaveValue('4');
  await expect(page).toHaveURL(/#v1&m=Qwen\/Qwen3-8B&n=4&s=1024$/);
  await page.getByRole('radio', { name: 'Training' }).check();
  await expect(length).toHaveValue('1,024');
});

test('a first look at training has a verdict, the numbers and a bar of its own', async ({ page, open }) => {
  await open(small);
  await expect(verdict(page)).toContainText('Fits');
  await expect(verdict(page)).toContainText(/Longest sequence that fits: [\d,]+ tokens|full [\d,]+ tokens fit/);
  await expect(page.getByRole('img', { name: /^Weights .*Optimizer states .*Needed .* usable/ })).toBeVisible();
  await expect(page.getByText('longest sequence, in tokens')).toBeVisible();
  await expect(page.getByText('largest micro-batch')).toBeVisible();
});

test('the settings travel in a short link and come back', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-0.6B&t=training');
  await page.getByRole('combobox', { name: 'Method' }).selectOption('full');
  await page.getByRole('combobox', { name: 'Precision' }).selectOption('amp_bf16');
  await page.getByRole('combobox', { name: 'Optimizer', exact: true }).selectOption('bitsandbytes-adamw-8bit');
  const batch = page.getByRole('textbox', { name: 'Micro-batch' });
  await batch.fill('2');
  await batch.blur();
  await page.getByRole('button', { name: 'More settings' }).click();
  await page.getByRole('combobox', { name: 'Attention' }).selectOption('eager');
  await page.getByRole('checkbox', { name: 'paged' }).check();
  await expect(page).toHaveURL(/#v1&m=Qwen\/Qwen3-0.6B&t=training&ft=full&pr=amp_bf16&op=bitsandbytes-adamw-8bit[^&]*\+paged&mb=2&ta=eager$/);
  const first = await downloadReport(page);
  const said = await verdict(page).innerText();
  await open(new URL(page.url()).hash);
  expect(await verdict(page).innerText()).toBe(said);
  expect(await downloadReport(page)).toBe(first);
});

test('a value of one’s own is marked, and its group is reset at one press', async ({ page, open }) => {
  await open(small);
  await page.getByRole('button', { name: 'More settings' }).click();
  await expect(page.getByRole('button', { name: 'Reset: Step' })).toBeHidden();
  await page.getByRole('combobox', { name: 'Attention' }).selectOption('eager');
  await expect(page.getByTitle('changed from its default').last()).toBeVisible();
  await page.getByRole('button', { name: 'Reset: Step' }).click();
  await expect(page.getByRole('combobox', { name: 'Attention' })).not.toHaveValue('eager');
  await expect(page).not.toHaveURL(/ta=/);
});

test('choosing a stack takes its settings and says so, and a link to it comes back', async ({ page, open }) => {
  await open(`${small}&ta=eager&mb=3`);
  await page.getByRole('button', { name: 'More settings' }).click();
  await page.getByRole('combobox', { name: 'Stack' }).selectOption({ label: 'Unsloth' });
  await expect(page.getByText('The settings are now those of Unsloth.')).toBeVisible();
  await expect(page.getByText(/Starts with: [\d,]+ × 2,048 tokens, .*AdamW 8-bit \(bitsandbytes\).*gradient checkpointing of every layer/)).toBeVisible();
  await expect(page).toHaveURL(/&t=training&ft=full&st=unsloth$/);
  await expect(page.getByRole('combobox', { name: 'Optimizer', exact: true })).toHaveValue('bitsandbytes-adamw-8bit');
  const batch = page.getByRole('textbox', { name: 'Micro-batch' });
  await expect(batch).not.toHaveValue('3');
  await batch.fill('5');
  await batch.blur();
  await expect(page).toHaveURL(/&st=unsloth&mb=5$/);
  const first = await downloadReport(page);
  await open(new URL(page.url()).hash);
  expect(await downloadReport(page)).toBe(first);
});

test('files that start the same run can be copied and kept', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('#v1&m=Qwen/Qwen3-0.6B&t=training');
  const { training } = await reportOf(page);
  const [file] = training!.launch;
  const section = page.getByRole('region', { name: 'Launch configuration' });
  await expect(section.getByRole('group', { name: file!.name })).toContainText('gradient_checkpointing');
  await section.getByRole('button', { name: `Copy ${file!.name}` }).click();
  await expect(section.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(file!.text);
  const [download] = await Promise.all([page.waitForEvent('download'), section.getByRole('button', { name: `Save ${file!.name}` }).click()]);
  expect(download.suggestedFilename()).toBe(file!.name);
});

test('adapters are put on the layers that are ticked', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-0.6B&t=training');
  await page.getByRole('button', { name: 'More settings' }).click();
  await expect(page.getByRole('checkbox', { name: 'gate_proj' })).toBeChecked();
  for (const module of ['gate_proj', 'up_proj', 'down_proj']) await page.getByRole('checkbox', { name: module }).uncheck();
  await expect(page).toHaveURL(/tm=q_proj,k_proj,v_proj,o_proj$/);
  const { request } = await reportOf(page);
  expect(request.workload).toMatchObject({ lora: { target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] } });
});

test('the three numbers stand apart, each with what shows it', async ({ page, open }) => {
  await open(`${small}&op=torch-adamw/foreach`);
  const { training } = await reportOf(page);
  const levels = page.getByRole('region', { name: 'Three numbers' });
  const said = ['Allocated', 'Reserved', 'On the device', 'Host RAM', 'Allocated in the first step',
    'torch.cuda.max_memory_allocated()', 'torch.cuda.max_memory_reserved()', 'nvidia-smi'];
  for (const text of said) await expect(levels.getByText(text, { exact: true })).toBeVisible();
  await levels.getByText('Check it yourself').click();
  await expect(levels.getByRole('group', { name: 'Check it yourself' })).toContainText(`expected ${grouped(training!.allocated_bytes)}`);
  expect(training!.allocated_bytes).toBeLessThan(training!.reserved_bytes);
  expect(training!.reserved_bytes).toBeLessThan(training!.device_bytes);
});

test('memory over a step is walked with the arrows, and its table has the same figures', async ({ page, open }) => {
  await open(small);
  const report = await reportOf(page);
  const { training } = report;
  const section = page.getByRole('region', { name: 'Memory over a step' });
  const tabs = section.getByRole('tab');
  await expect(tabs).toHaveCount(moments.length);
  const worst = training!.moments.findIndex(moment => moment.id === report.worst_moment);
  await expect(tabs.nth(worst)).toHaveAttribute('aria-selected', 'true');
  await expect(tabs.nth(worst)).toHaveAccessibleName(/, peak/);
  await tabs.nth(worst).focus();
  await page.keyboard.press('Home');
  await expect(tabs.first()).toBeFocused();
  for (const [index, name] of moments.entries()) {
    await expect(section.getByRole('tabpanel', { name: new RegExp(`^${name}`) })).toBeVisible();
    await expect(tabs.nth(index)).toHaveAttribute('aria-selected', 'true');
    if (index < moments.length - 1) await page.keyboard.press('ArrowRight');
  }
  await page.keyboard.press('ArrowRight');
  await expect(tabs.first()).toBeFocused();
  await section.getByText('Table view').click();
  const table = section.getByRole('table');
  for (const [index, name] of moments.entries()) {
    await expect(table.getByRole('row', { name: new RegExp(`^${name}`) })).toContainText(grouped(training!.moments[index]!.allocated_bytes));
  }
  await expect(section.getByRole('img', { name: /peaks at .* allocated; .* stand/ })).toBeVisible();
});

test('a moment opens its terms down to a formula with its source', async ({ page, open }) => {
  await open(small);
  const section = page.getByRole('region', { name: 'Memory over a step' });
  await section.getByRole('tab', { name: 'Forward peak' }).click();
  const panel = section.getByRole('tabpanel');
  await panel.getByRole('button', { name: /^Logits and loss/ }).click();
  await panel.getByRole('button', { name: /^Logits\b(?! (in|and))/ }).click();
  await expect(panel.getByRole('table', { name: 'Numbers put in' })).toContainText('vocabulary');
  await expect(panel.getByText(/^Source:/)).toBeVisible();
});

test('the ladder shows the methods on one scale with verdicts, and a press takes one', async ({ page, open }) => {
  await open('#v1&t=training&ft=full');
  const ladder = page.getByRole('region', { name: 'Full, LoRA, QLoRA' });
  await expect(ladder.getByRole('button', { name: /^Full, Does not fit/ })).toHaveAttribute('aria-pressed', 'true');
  await ladder.getByText('Table view').click();
  await expect(ladder.getByRole('row', { name: /^Needed/ })).toContainText('GiB');
  await ladder.getByRole('button', { name: /^LoRA, / }).click();
  await expect(page.getByRole('combobox', { name: 'Method' })).toHaveValue('lora');
  await expect(page).not.toHaveURL(/ft=/);
});

test('what does not fit names changes with the bytes they save, and a press applies one', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-0.6B&t=training&ft=full&rc=none&s=8k');
  await expect(verdict(page)).toContainText('Does not fit');
  const change = page.getByRole('listitem').filter({ hasText: 'gradient checkpointing of every layer' });
  await expect(change).toContainText(/saves [\d.]+ [GM]iB/);
  await change.getByRole('button').click();
  await expect(page).not.toHaveURL(/rc=/);
  await expect(verdict(page)).not.toContainText('Does not fit');
});

test('the GPU table ranks for training', async ({ page, open }) => {
  await open('#v1&m=Qwen/Qwen3-8B&t=training&ft=full');
  const table = page.getByRole('table', { name: 'GPUs that carry it' });
  await expect(table.getByRole('columnheader', { name: 'Cards needed' })).toBeHidden();
  await table.getByRole('row').nth(1).getByRole('button').click();
  await expect(verdict(page)).toContainText(/Fits|Tight/);
});

test('training is told in both languages', async ({ page, open }) => {
  await open(small);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('radio', { name: '训练' })).toBeChecked();
  for (const heading of ['一步之内的显存', '三个数值', '全参数、LoRA、QLoRA', '显存随序列长度的变化']) await expect(page.getByRole('heading', { name: heading })).toBeVisible();
  await page.getByRole('tab', { name: '前向峰值' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('logits');
});

for (const language of ['en', 'zh']) {
  for (const theme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing in training: ${language}, ${theme}, ${width} px`, async ({ page, open }) => {
        test.slow();
        await page.setViewportSize({ width, height: 844 });
        await open(`#v1&t=training&lang=${language}&theme=${theme}`);
        await page.getByRole('button', { name: language === 'en' ? 'More settings' : '更多设置' }).click();
        for (const details of await page.getByText(language === 'en' ? /^(Table view|Check it yourself)$/ : /^(表格视图|自行验证)$/).all()) await details.click();
        await page.getByRole('tabpanel').getByRole('button', { expanded: false }).first().click();
        const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
        expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
    }
  }
}

test('nothing of training scrolls sideways at 390 and 320 px, and the verdict stays in view', async ({ page, open }) => {
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await open(small);
    await page.getByRole('tab', { name: 'Forward peak' }).click();
    await page.getByRole('heading', { name: 'Full, LoRA, QLoRA' }).scrollIntoViewIfNeeded();
    await expect(verdict(page)).toBeInViewport();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});

test('the single file trains too, and gives the same report', async ({ page, open }) => {
  await open(small);
  const hosted = await downloadReport(page);
  const other = await page.context().newPage();
  await other.goto(pathToFileURL(resolve(process.env['PLIMSOLL_DIST'] ?? 'dist', 'plimsoll.html')).href + small);
  await expect(other.getByRole('heading', { name: 'Memory over a step' })).toBeVisible();
  expect(await downloadReport(other)).toBe(hosted);
});
