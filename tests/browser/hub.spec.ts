// A model fetched from a hub: what is asked of whom and when, what is read of it, and what is said when nothing comes.

import { type Server } from 'node:https';
import { chromium, expect, test as base, type Browser, type Page } from '@playwright/test';
import { readHubAddress } from '../../web/src/hub/address.ts';
import { type Asked, type Repository, sha, startHubServer } from './hub-server.ts';
import { grouped, smallConfig, smallConfigParameters, verdict } from './page.ts';

const config = JSON.stringify(smallConfig, null, 2);
const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, 'model.norm.weight': { dtype: 'BF16', shape: [1024], data_offsets: [0, 2048] } }));
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(header.length));
const oneFile = Buffer.concat([length, header, Buffer.alloc(5_000_000)]);
const hostile = Buffer.alloc(64, 255);
const index = JSON.stringify({ metadata: { total_size: 16_060_522_496 }, weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } });

const repositories: Record<string, Repository> = {
  'org/shards': { files: { 'config.json': config, 'model.safetensors.index.json': index } },
  'org/one': { files: { 'config.json': config, 'model.safetensors': oneFile } },
  'org/no-ranges': { files: { 'config.json': config, 'model.safetensors': oneFile }, trouble: 'no_ranges' },
  'org/hostile': { files: { 'config.json': config, 'model.safetensors': hostile } },
  'org/gguf': { files: { 'model-Q4_K_M.gguf': 'GGUF' } },
  'org/nested': { files: { 'text/config.json': config } },
  'org/gated': { files: { 'config.json': config }, trouble: 'gated' },
  'org/refused': { files: { 'config.json': config }, trouble: 'no_access' },
  'org/silent': { files: { 'config.json': config }, trouble: 'silent' },
  'org/endless': { files: { 'config.json': config }, trouble: 'endless' },
  'org/closed': { files: { 'config.json': config }, trouble: 'no_cors' },
  'org/broken': { files: { 'config.json': config }, trouble: 'broken' },
  'org/html': { files: { 'config.json': config }, trouble: 'not_json_list' },
  'org/half': { files: { 'config.json': config, 'model.safetensors.index.json': index }, trouble: 'index_refused' },
  'org/not-json': { files: { 'config.json': '{ "model_type": "llama", }' } },
};

interface Hub {
  asked: Asked[];
  browser: Browser;
}

const test = base.extend<{ hub: Page; asked: Asked[] }, { server: Hub }>({
  server: [async ({}, use, info) => {
    const started: { server: Server; port: number; asked: Asked[] } = await startHubServer(repositories);
    const own = info.project.use.launchOptions;
    const browser = await chromium.launch({
      ...own, args: [...(own?.args ?? []), '--ignore-certificate-errors', `--host-resolver-rules=${['huggingface.co', '*.hf.co', 'modelscope.cn', 'hf-mirror.com'].map(host => `MAP ${host}:443 127.0.0.1:${started.port}`).join(',')}`],
    });
    await use({ asked: started.asked, browser });
    await browser.close();
    started.server.closeAllConnections();
    started.server.close();
  }, { scope: 'worker' }],
  asked: async ({ server }, use) => {
    server.asked.length = 0;
    await use(server.asked);
  },
  hub: async ({ server, baseURL }, use) => {
    const page = await server.browser.newPage({ baseURL: baseURL!, ignoreHTTPSErrors: true });
    await page.goto('/');
    await expect(verdict(page)).toContainText(/GiB|GB/);
    await page.getByRole('button', { name: 'From a hub' }).click();
    await use(page);
    await page.close();
  },
});

const paste = (page: Page, text: string): Promise<void> => page.getByRole('textbox', { name: 'Repository id or address' }).fill(text);
const press = (page: Page): Promise<void> => page.getByRole('button', { name: 'Fetch' }).click();
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Fetch from a hub' });

test('nothing is asked before the press; then one host, without cookies, referrer or preflight', async ({ hub, asked }) => {
  await paste(hub, 'https://huggingface.co/org/shards/blob/main/config.json?show_file_info=config.json');
  await expect(dialog(hub)).toContainText('Fetch asks huggingface.co for the files of org/shards at main');
  expect(asked).toEqual([]);
  await press(hub);
  await expect(hub.getByText(grouped(smallConfigParameters))).toBeVisible();
  await expect(hub.getByText(`From huggingface.co: org/shards at ${sha.slice(0, 10)}.`)).toContainText('Its tensors take 14.96 GiB in 2 file(s)');
  expect(asked.map(({ url }) => url)).toEqual([
    'https://huggingface.co/api/models/org/shards/revision/main', `https://huggingface.co/org/shards/resolve/${sha}/config.json`,
    `https://huggingface.co/org/shards/resolve/${sha}/model.safetensors.index.json`,
  ]);
  for (const { headers } of asked) expect([headers.referer, headers.cookie, headers.authorization]).toEqual([undefined, undefined, undefined]);
});

test('of one file only the header is read, over the redirect to another host', async ({ hub, asked }) => {
  await paste(hub, 'org/one');
  await press(hub);
  await expect(hub.getByText('From huggingface.co: org/one')).toContainText('Its tensors take 4.77 MiB in 1 file(s); 0.11 KiB were read.');
  const ranges = asked.filter(({ url }) => url.startsWith('https://cas-bridge.xethub.hf.co/')).map(({ headers }) => headers.range);
  expect(ranges).toEqual(['bytes=0-7', `bytes=8-${7 + header.length}`]);
});

test('the source is shown as long as that model is asked about', async ({ hub }) => {
  await paste(hub, 'org/shards');
  await press(hub);
  await expect(hub.getByText('From huggingface.co: org/shards')).toBeVisible();
  await hub.getByRole('combobox', { name: 'Model' }).fill('qwen3 8b');
  await hub.keyboard.press('Enter');
  await expect(hub.getByText('From huggingface.co: org/shards')).toBeHidden();
});

test('a config inside a folder, at a pinned commit, and ModelScope', async ({ hub, asked }) => {
  await paste(hub, `hf.co/org/nested/tree/${sha}/text`);
  await press(hub);
  await expect(hub.getByText('From huggingface.co: org/nested')).toBeVisible();
  expect(asked.at(-1)!.url).toBe(`https://huggingface.co/org/nested/resolve/${sha}/text/config.json`);
  await hub.getByRole('button', { name: 'From a hub' }).click();
  await paste(hub, 'https://www.modelscope.cn/models/org/shards/files');
  await press(hub);
  await expect(hub.getByText('From modelscope.cn: org/shards')).toBeVisible();
  expect(asked.at(-2)!.url).toBe(`https://modelscope.cn/api/v1/models/org/shards/repo?Revision=${sha}&FilePath=config.json`);
});

const refused: [repository: string, says: string][] = [
  ['org/gated', 'gated, private or does not exist'],
  ['org/unheard-of', 'gated, private or does not exist'],
  ['org/refused', 'Access to org/refused is not granted'],
  ['org/gguf', 'No config.json in org/gguf at main'],
  ['org/shards@no-such-branch', 'No config.json in org/shards at no-such-branch'],
  ['org/closed', 'does not allow this page to read the file'],
  ['org/endless', 'larger than 4.77 MiB'],
  ['org/broken', 'status 503'],
  ['org/html', 'not understood'],
];
for (const [repository, says] of refused) {
  test(`${repository}: what is wrong and what to do is said in both languages, and the last result stays`, async ({ hub }) => {
    const before = await verdict(hub).innerText();
    await paste(hub, repository);
    await press(hub);
    const problem = dialog(hub).getByRole('alert');
    await expect(problem).toContainText(says);
    await expect(problem.getByRole('link')).toHaveAttribute('href', new RegExp(`^https://huggingface.co/${repository.split('@')[0]}/blob/`));
    await hub.keyboard.press('Escape');
    expect(await verdict(hub).innerText()).toBe(before);
    await hub.getByRole('button', { name: '中文' }).click();
    await hub.getByRole('button', { name: '从模型库获取' }).click();
    await expect(hub.getByRole('alert').filter({ hasText: repository.split('@')[0]! })).toContainText(/[一-鿿]{4}/);
  });
}

test('a silent host is given up, and a closed dialog ends the wait', async ({ hub }) => {
  await hub.clock.install();
  await paste(hub, 'org/silent');
  await press(hub);
  await expect(dialog(hub).getByText('Fetching…')).toBeVisible();
  await hub.clock.fastForward(14_000);
  await expect(dialog(hub).getByText('Fetching…')).toBeVisible();
  await hub.clock.fastForward(2_000);
  await expect(dialog(hub).getByRole('alert')).toContainText('did not answer within 15 s');
  await press(hub);
  await hub.keyboard.press('Escape');
  await hub.getByRole('button', { name: 'From a hub' }).click();
  await expect(dialog(hub).getByRole('button', { name: 'Fetch' })).toBeEnabled();
  await expect(dialog(hub).getByRole('alert')).toBeEmpty();
});

test('offline is said at once', async ({ hub, asked }) => {
  await hub.context().setOffline(true);
  await paste(hub, 'org/shards');
  await press(hub);
  await expect(dialog(hub).getByRole('alert')).toContainText('You are offline');
  expect(asked).toEqual([]);
});

for (const repository of ['org/half', 'org/hostile', 'org/no-ranges']) {
  test(`${repository}: the config is taken, and that the tensors could not be read is said`, async ({ hub }) => {
    await paste(hub, repository);
    await press(hub);
    await expect(hub.getByText(grouped(smallConfigParameters))).toBeVisible();
    await expect(hub.getByText('The list of its tensors could not be read.')).toBeVisible();
  });
}

test('a config that is no JSON is explained as one that was pasted', async ({ hub }) => {
  await paste(hub, 'org/not-json');
  await press(hub);
  await expect(hub.getByRole('alert').filter({ hasText: 'What to do' })).toContainText('Why');
});

test('the mirror is a link and no request, and other addresses are no model', async ({ hub, asked }) => {
  await paste(hub, 'https://hf-mirror.com/org/shards');
  await expect(dialog(hub).getByRole('link')).toHaveAttribute('href', 'https://hf-mirror.com/org/shards/blob/main/config.json');
  await expect(dialog(hub).getByRole('button', { name: 'Fetch' })).toBeDisabled();
  await paste(hub, 'https://example.com/org/shards');
  await expect(dialog(hub)).toContainText('This names no model');
  await hub.keyboard.press('Enter');
  expect(asked).toEqual([]);
});

test('the policy lets the page ask the hubs and nobody else', async ({ hub }) => {
  const reached = (url: string): Promise<boolean> => hub.evaluate(async to => fetch(to, { mode: 'no-cors' }).then(() => true, () => false), url);
  expect(await reached('https://huggingface.co/x')).toBe(true);
  expect(await reached('https://cas-bridge.xethub.hf.co/x')).toBe(true);
  expect(await reached('https://hf-mirror.com/x')).toBe(false);
  expect(await reached('https://example.com/x')).toBe(false);
});

base('every address that people paste is read', () => {
  const same = { hub: 'huggingface', repository: 'Qwen/Qwen3-8B', revision: 'main', folder: '' };
  for (const text of ['Qwen/Qwen3-8B', ' Qwen/Qwen3-8B\n', 'https://huggingface.co/Qwen/Qwen3-8B', 'huggingface.co/Qwen/Qwen3-8B/', 'https://hf.co/Qwen/Qwen3-8B',
    'https://huggingface.co/Qwen/Qwen3-8B/tree/main', 'https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json', 'hf://Qwen/Qwen3-8B',
    'https://huggingface.co/Qwen/Qwen3-8B/resolve/main/model.safetensors?download=true', 'https://huggingface.co/api/models/Qwen/Qwen3-8B',
    'https://huggingface.co/Qwen/Qwen3-8B?library=transformers#readme', 'http://www.huggingface.co/Qwen/Qwen3-8B/raw/main/config.json'])
    expect(readHubAddress(text), text).toEqual(same);
  expect(readHubAddress('https://huggingface.co/gpt2/blob/main/config.json')).toEqual({ ...same, repository: 'gpt2' });
  expect(readHubAddress('Qwen/Qwen3-8B@refs/pr/1')).toEqual({ ...same, revision: 'refs/pr/1' });
  expect(readHubAddress('https://huggingface.co/Qwen/Qwen3-8B/tree/refs%2Fpr%2F1')).toEqual({ ...same, revision: 'refs/pr/1' });
  expect(readHubAddress('https://huggingface.co/a/b/blob/v1.0/text_encoder/config.json')).toEqual({ ...same, repository: 'a/b', revision: 'v1.0', folder: 'text_encoder/' });
  const scope = { hub: 'modelscope', repository: 'LLM-Research/gemma-3-4b-it', revision: 'master', folder: '' };
  for (const text of ['https://modelscope.cn/models/LLM-Research/gemma-3-4b-it', 'https://www.modelscope.cn/models/LLM-Research/gemma-3-4b-it/files',
    'https://modelscope.cn/models/LLM-Research/gemma-3-4b-it/summary', 'modelscope.cn/models/LLM-Research/gemma-3-4b-it/resolve/master/config.json',
    'https://modelscope.cn/models/LLM-Research/gemma-3-4b-it/file/view/master/config.json?status=1'])
    expect(readHubAddress(text), text).toEqual(scope);
  for (const text of ['', 'Qwen', 'a/b/c', 'https://huggingface.co/datasets/a/b', 'https://huggingface.co/spaces/a/b', 'https://huggingface.co', 'https://evil.example/huggingface.co/a/b',
    'https://huggingface.co.evil.example/a/b', 'https://modelscope.cn/datasets/a/b', 'javascript:alert(1)', 'https://huggingface.co/../..', 'a b/c'])
    expect(readHubAddress(text), text).toBeNull();
});
