// The headers of files at a hub: fetched in parts, and read as those of files on this computer.

import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { dialog, hubTest, paste, press } from './hub-page.ts';
import { type Asked, type Repository, type Stored, sha } from './hub-server.ts';
import { type Shapes, gguf, sharded, splitGguf } from './made-files.ts';
import { verdict } from './page.ts';

const llama = (JSON.parse(readFileSync('catalog/models/meta-llama/Llama-3.1-8B.json', 'utf8')) as { config: Shapes }).config;
const four = sharded(llama, 4);
const one = sharded(llama, 1);
const thirty = sharded(llama, 30);
const config = JSON.stringify(llama);
const begun = (files: { name: string; begin: Buffer; size: number }[]): Record<string, Stored> => Object.fromEntries(files.map(({ name, begin, size }) => [name, { begin, size }]));
const shards = { 'config.json': config, 'model.safetensors.index.json': four.index, ...begun(four.shards) };
const single = { 'config.json': config, ...begun(one.shards) };
const small = gguf();
const long = gguf('long.Q8_0.gguf', 50_000);
const split = splitGguf('small-Q8_0');
const fileOf = ({ name, bytes }: { name: string; bytes: Buffer }): Record<string, Buffer> => ({ [name]: bytes });
const many = { weight_map: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`model.layers.${i}.input_layernorm.weight`, `model-${i}.safetensors`])) };

const repositories: Record<string, Repository> = {
  'org/shards': { files: shards },
  'org/one': { files: single },
  'org/thirty': { files: { 'config.json': config, 'model.safetensors.index.json': thirty.index, ...begun(thirty.shards) } },
  'org/other-config': { files: { ...single, 'config.json': JSON.stringify({ ...llama, num_hidden_layers: 30 }) } },
  'org/missing-shard': { files: { ...shards, [four.shards[2]!.name]: undefined as unknown as Stored } },
  'org/half': { files: shards, trouble: 'index_refused' },
  'org/refused-shards': { files: shards, trouble: 'shards_refused' },
  'org/slow': { files: shards, trouble: 'slow_shards' },
  'org/no-ranges': { files: { 'config.json': config, 'model.safetensors': Buffer.concat([one.shards[0]!.begin, Buffer.alloc(3_000_000)]) }, trouble: 'no_ranges' },
  'org/hostile': { files: { 'config.json': config, 'model.safetensors': Buffer.alloc(64, 255) } },
  'org/many': { files: { 'config.json': config, 'model.safetensors.index.json': JSON.stringify(many), ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`model-${i}.safetensors`, 'x'])) } },
  'org/pytorch': { files: { 'config.json': config, 'pytorch_model.bin.index.json': four.index } },
  'org/modelopt': { files: { ...single, 'hf_quant_config.json': JSON.stringify({ producer: { name: 'modelopt' }, quantization: { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8', exclude_modules: ['lm_head'] } }) } },
  'org/both': { files: { ...single, ...fileOf(small) } },
  'org/gguf': { files: { 'README.md': 'x', ...fileOf(long), ...fileOf(small), ...Object.fromEntries(split.map(({ name, bytes }) => [`Q8_0/${name}`, bytes])), 'mmproj-f16.gguf': 'GGUF' } },
  'org/gguf-and-config': { files: { 'config.json': config, ...fileOf(small) } },
  'org/empty-gguf': { files: { 'empty.gguf': '' } },
  'org/broken-gguf': { files: { 'broken.gguf': Buffer.from('GGUF, but no more than words') } },
  'org/refused-gguf': { files: fileOf(small), trouble: 'no_access' },
  'org/no-ranges-gguf': { files: fileOf(long), trouble: 'no_ranges' },
};
delete repositories['org/missing-shard']!.files[four.shards[2]!.name];

const test = hubTest(repositories);

const source = (page: Page, repository: string) => page.getByText(new RegExp(`^From [a-z.]+: ${repository} at ${sha.slice(0, 10)}`));
const filesRead = (page: Page) => page.getByRole('status', { name: 'Files read' });
const model = (page: Page) => page.getByRole('combobox', { name: 'Model' });
const rangesOf = (asked: Asked[]): (string | undefined)[] => asked.filter(({ url }) => url.startsWith('https://cas-bridge.xethub.hf.co/')).map(({ headers }) => headers.range);

async function fetchHub(page: Page, text: string): Promise<void> {
  await paste(page, text);
  await press(page);
}

test('the headers of all shards replace what the config says, and no tensor is read', async ({ hub, asked }) => {
  const derived = await verdict(hub).innerText(); // of the preset: the same model
  await fetchHub(hub, 'org/shards');
  await expect(source(hub, 'org/shards')).toBeVisible();
  await expect(filesRead(hub)).toHaveText(/^Read \d+\.\d\d (Ki|Mi)B of 14\.9\d GiB: headers only\.$/);
  await expect(hub.getByText('The weights are counted as the files store them: 16060522496 bytes')).toBeVisible();
  expect(await verdict(hub).innerText()).toBe(derived);
  await expect(hub.getByText('The checkpoint and the config differ')).toBeHidden();
  const wanted = four.shards.flatMap(({ begin }) => ['bytes=0-7', `bytes=8-${begin.length - 1}`]);
  expect(rangesOf(asked).sort()).toEqual(wanted.sort());
  for (const { headers } of asked) expect([headers.referer, headers.cookie, headers.authorization]).toEqual([undefined, undefined, undefined]);
});

test('of one file only the header is read, over the redirect to another host', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/one');
  await expect(filesRead(hub)).toContainText('of 14.96 GiB: headers only.');
  expect(rangesOf(asked)).toEqual(['bytes=0-7', `bytes=8-${one.shards[0]!.begin.length - 1}`]);
});

test('more shards than are asked for at once are all read', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/thirty');
  await expect(filesRead(hub)).toContainText('of 14.96 GiB: headers only.');
  expect(rangesOf(asked)).toHaveLength(60);
});

test('ModelScope gives headers as well', async ({ hub, asked }) => {
  await fetchHub(hub, 'https://modelscope.cn/models/org/shards');
  await expect(filesRead(hub)).toContainText('headers only.');
  expect(asked.every(({ url }) => url.startsWith('https://modelscope.cn/api/v1/models/org/shards/repo'))).toBe(true);
});

test('where the files and the config differ, the files count and the difference is listed', async ({ hub }) => {
  await fetchHub(hub, 'org/other-config');
  await expect(hub.getByText('The checkpoint and the config differ')).toBeVisible();
  await expect(hub.getByText('The checkpoint and the config differ')).toContainText('model.layers.*');
});

test('what a quantiser wrote beside the config is fetched, and goes with the link', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/modelopt');
  await expect(source(hub, 'org/modelopt')).toBeVisible();
  expect(asked.map(({ url }) => url)).toContain(`https://huggingface.co/org/modelopt/resolve/${sha}/hf_quant_config.json`);
  await expect(hub).toHaveURL(/&qc=/);
});

const unread: [repository: string, says: string][] = [
  ['org/half', 'Access to org/half is not granted'],
  ['org/refused-shards', 'Access to org/refused-shards is not granted'],
  ['org/missing-shard', '1 of 4 files of this checkpoint are missing'],
  ['org/no-ranges', 'sends whole files where only their beginning is asked for'],
  ['org/hostile', 'model.safetensors'],
  ['org/many', 'the tensors lie in 300 files, and at most 256 headers are fetched'],
  ['org/pytorch', 'PyTorch files have no header'],
];
for (const [repository, says] of unread) {
  test(`${repository}: the config is taken, and why the sizes could not be read is said`, async ({ hub }) => {
    await fetchHub(hub, repository);
    await expect(source(hub, repository)).toContainText('The weights are counted from the config');
    await expect(source(hub, repository)).toContainText(says);
    await expect(model(hub)).toHaveValue(repository);
    await hub.getByRole('button', { name: '中文' }).click();
    await expect(hub.getByText(/^来自 huggingface.co：/)).toContainText(/权重按配置计算/);
  });
}

test('an index that names too many files asks for none of them', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/many');
  await expect(source(hub, 'org/many')).toBeVisible();
  expect(asked).toHaveLength(3);
});

test('while headers are read the config can be taken alone', async ({ hub }) => {
  await fetchHub(hub, 'org/slow');
  await expect(dialog(hub).getByRole('progressbar')).toHaveAttribute('max', '4');
  await expect(dialog(hub)).toContainText('0 of 4 headers');
  await dialog(hub).getByRole('button', { name: 'Use the config alone' }).click();
  await expect(source(hub, 'org/slow')).toContainText('the headers of the files were not read');
  await expect(dialog(hub)).toBeHidden();
});

test('a closed dialog ends the reading of headers, and nothing is taken', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/slow');
  await expect(dialog(hub).getByRole('button', { name: 'Use the config alone' })).toBeVisible();
  await expect.poll(() => asked.length).toBe(3 + four.shards.length);
  await hub.keyboard.press('Escape');
  await hub.getByRole('button', { name: 'From a hub' }).click();
  await expect(dialog(hub).getByRole('button', { name: 'Fetch' })).toBeEnabled();
  await expect(model(hub)).toHaveValue('Llama 3.1 8B');
  expect(asked).toHaveLength(3 + four.shards.length);
});

test('GGUF files are listed with their sizes, and the chosen one is a model', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/gguf');
  const choices = dialog(hub).getByRole('list').getByRole('button');
  await expect(choices).toHaveCount(3); // a projector is no model
  await expect(choices.nth(0)).toContainText(/Q8_0\/small-Q8_0\.gguf \(2 parts\)\s*\d+\.\d+ [KM]iB/);
  await expect(choices.nth(1)).toContainText('small.Q8_0.gguf');
  await expect(choices.nth(2)).toContainText('long.Q8_0.gguf');
  expect(asked).toHaveLength(1);
  await choices.nth(2).click();
  await expect(model(hub)).toHaveValue('long.Q8_0.gguf');
  await expect(filesRead(hub)).toHaveText(/headers only\.$/);
  expect(rangesOf(asked)).toEqual(['bytes=0-262143', 'bytes=262144-524287', 'bytes=524288-1048575']);
  await expect(source(hub, 'org/gguf')).toBeVisible();
});

for (const language of ['en', 'zh']) {
  for (const theme of ['light', 'dark']) {
    test(`axe finds nothing in the list of GGUF files: ${language}, ${theme}`, async ({ hub }) => {
      await hub.goto('about:blank');
      await hub.goto(`/#v1&lang=${language}&theme=${theme}`);
      await hub.getByRole('button', { name: /^(From a hub|从模型库获取)$/ }).click();
      await hub.locator('#hub-address').fill('org/gguf');
      await hub.keyboard.press('Enter');
      await expect(hub.getByRole('dialog').getByRole('list')).toBeVisible();
      const found = await new AxeBuilder({ page: hub }).analyze();
      expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join('; ')}`)).toEqual([]);
    });
  }
}

test('a split GGUF file is one choice, read in all its parts', async ({ hub, asked }) => {
  await fetchHub(hub, 'org/gguf');
  await dialog(hub).getByRole('button', { name: 'Q8_0/small-Q8_0.gguf' }).click();
  await expect(model(hub)).toHaveValue(split[0]!.name);
  expect(rangesOf(asked)).toEqual(split.map(({ bytes }) => `bytes=0-${Math.min(262_144, bytes.length) - 1}`));
});

for (const [pasted, name] of [
  ['https://huggingface.co/org/gguf/blob/main/small.Q8_0.gguf', small.name],
  [`https://hf.co/org/gguf/resolve/main/Q8_0/${split[1]!.name}?download=true`, split[0]!.name],
  ['hf.co/org/both:Q8_0', small.name],
  ['https://modelscope.cn/models/org/gguf/resolve/master/small.Q8_0.gguf', small.name],
] as const) {
  test(`${pasted} is read without a question`, async ({ hub }) => {
    await fetchHub(hub, pasted);
    await expect(model(hub)).toHaveValue(name);
    await expect(dialog(hub)).toBeHidden();
  });
}

test('safetensors come before GGUF files, which are offered', async ({ hub }) => {
  await fetchHub(hub, 'org/both');
  await expect(source(hub, 'org/both')).toBeVisible();
  await hub.getByRole('button', { name: 'It also has 1 GGUF file' }).click();
  await dialog(hub).getByRole('button', { name: small.name }).click();
  await expect(model(hub)).toHaveValue(small.name);
});

test('a config beside GGUF files alone does not hide them', async ({ hub }) => {
  await fetchHub(hub, 'org/gguf-and-config');
  await expect(dialog(hub).getByRole('button', { name: small.name })).toBeVisible();
});

for (const [repository, file, says] of [
  ['org/broken-gguf', 'broken.gguf', 'broken.gguf'],
  ['org/empty-gguf', 'empty.gguf', 'empty.gguf'],
  ['org/refused-gguf', small.name, 'Access to org/refused-gguf is not granted'],
  ['org/no-ranges-gguf', long.name, 'sends whole files'],
] as const) {
  test(`${repository}: why a GGUF file is not read is said, and the last result stays`, async ({ hub }) => {
    const before = await verdict(hub).innerText();
    await fetchHub(hub, repository);
    await dialog(hub).getByRole('button', { name: file }).click();
    await expect(dialog(hub).getByRole('alert')).toContainText(says);
    expect(await verdict(hub).innerText()).toBe(before);
  });
}
