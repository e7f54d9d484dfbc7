// The rules of thumb beside a training step: every number from the report, the reasons with their bytes, both languages.

import type { Locator, Page } from '@playwright/test';
import { downloadReport, expect, test } from './page.ts';
import type { Report, RuleComparison } from '../../wasm/plimsoll.ts';

// Every choice that decides memory is in the link, so that no stack's defaults move the numbers.
const step = (method: string, extra = ''): string =>
  `#v1&m=meta-llama/Llama-2-7b-hf&t=training&ft=${method}&pr=bf16&op=torch-adamw/foreach&s=2048&ta=sdpa&rc=none&kl=none${extra}`;

const table = (page: Page): Locator => page.getByRole('table', { name: 'Rules of thumb beside the exact answer' });
const row = (page: Page, name: string): Locator => table(page).getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${name}`) }) });

async function rulesOf(page: Page): Promise<Map<string, RuleComparison>> {
  const { value } = JSON.parse(await downloadReport(page)) as { value: Report };
  return new Map(value.rules.map(rule => [rule.rule, rule]));
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);
const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);

test('84 GB stands beside what the step really allocates, with every reason', async ({ page, open }) => {
  await open(step('full'));
  const total = (await rulesOf(page)).get('R3');
  expect(total?.exact_bytes).toBeGreaterThan(0);
  const exact = `${gibibytes(total?.exact_bytes ?? 0)} GiB (${gigabytes(total?.exact_bytes ?? 0)} GB)`;
  await expect(page.getByText(`The rule says 84.00 to 91.00 GB. This step really allocates ${exact}; its highest moment: Optimizer step.`)).toBeVisible();
  const line = row(page, 'Total training memory');
  await expect(line).toContainText('84.00 to 91.00 GB');
  await expect(line).toContainText('−14.00 GB A factor on the known part');
  await expect(line).toContainText('+13.48 GB The rule forgets the gradients');
  await expect(line).toContainText('+13.48 GB The optimizer’s step works on temporary copies.');
  await expect(line).toContainText('+12.29 GB Activations follow batch and sequence length');
  await expect(line).toContainText('Beside it in memory:');
});

test('activations are a share that moves, techniques are what they save here', async ({ page, open }) => {
  await open(step('full'));
  const share = row(page, 'Activations');
  await expect(share).toContainText('20 % to 30 %');
  await expect(share).toContainText('24.2 %');
  await expect(share).toContainText('0.0 % at the highest moment');
  const attention = row(page, 'Flash Attention');
  await expect(attention).toContainText('−20 %');
  await expect(attention).toContainText('−67.8 % of what the layers keep');
  const checkpointing = row(page, 'Gradient checkpointing');
  await expect(checkpointing).toContainText('−60 %');
  await expect(checkpointing).toContainText('−95.6 % of what the layers keep');
  await expect(checkpointing).toContainText('The peak stays at');
});

test('numbers follow the length', async ({ page, open }) => {
  await open(step('full'));
  const before = await row(page, 'Flash Attention').innerText();
  await open(step('full').replace('s=2048', 's=4096'));
  await expect(row(page, 'Flash Attention')).toContainText('−80.8 % of what the layers keep');
  expect(await row(page, 'Flash Attention').innerText()).not.toBe(before);
});

test('the bytes of a reason lead to the line of the report that holds them', async ({ page, open }) => {
  await open(step('full'));
  await row(page, 'Optimizer states').getByRole('button', { name: '+13.48 GB' }).click();
  await expect(page.locator('pl-ledger').getByRole('button', { name: /^Gradients/, expanded: true })).toBeVisible();
});

test('rules for the whole model are not compared with adapters', async ({ page, open }) => {
  await open(step('lora'));
  for (const name of ['Optimizer states', 'Total training memory']) {
    await expect(row(page, name)).toContainText('full training, not adapters');
    await expect(row(page, name)).toContainText('Adapters need gradients and states for themselves only');
    await expect(row(page, name)).not.toContainText('GiB');
  }
  await expect(page.getByText('The rule for the total, 84.00 to 91.00 GB, speaks of full training.')).toBeVisible();
  await expect(row(page, 'Activations')).toContainText('at the end of the forward pass');
});

test('the count script and the monitor stand beside the exact numbers', async ({ page, open }) => {
  await open(step('full'));
  await expect(row(page, 'Counting parameters')).toContainText('“25.10 GB”');
  const monitor = (await rulesOf(page)).get('U3');
  await expect(row(page, 'nvidia-smi')).toContainText(gigabytes(monitor?.rule_bytes ?? 0));
  await expect(row(page, 'nvidia-smi')).toContainText(gibibytes(monitor?.exact_bytes ?? 0));
});

test('the usual table of sizes says what training them takes', async ({ page, open }) => {
  await open(step('full'));
  const sizes = page.getByRole('table', { name: /^Training the same models/ });
  await expect(sizes.getByRole('row', { name: /^Full, BF16/ })).toContainText('62.76 GiB');
  await expect(page.getByText(/QLoRA trains on one: .* here, against/)).toBeVisible();
  await expect(page.getByText(/^hf_device_map shows which module lies where/)).toBeVisible();
});

test('in Chinese the same numbers and every reason in words', async ({ page, open }) => {
  await open(step('full', '&lang=zh'));
  const rules = page.getByRole('table', { name: '经验公式与精确值' });
  await expect(rules).toContainText('84.00 至 91.00 GB');
  await expect(rules).toContainText('公式漏算梯度');
  await expect(rules).toContainText('各层保留的内容 −67.8 %');
  expect(await rules.innerText()).not.toMatch(/[A-Z]{3,}_[A-Z]/);
});
