// A model fetched from a hub: what is asked of whom and when, and what is said when nothing comes.

import { expect } from '@playwright/test';
import { dialog, hubTest, paste, press } from './hub-page.ts';
import { type Repository, sha } from './hub-server.ts';
import { grouped, smallConfig, smallConfigParameters, verdict } from './page.ts';

const config = JSON.stringify(smallConfig, null, 2);

const repositories: Record<string, Repository> = {
  'org/config': { files: { 'config.json': config } },
  'org/nothing': { files: { 'README.md': 'x' } },
  'org/nested': { files: { 'text/config.json': config } },
  'org/gated': { files: { 'config.json': config }, trouble: 'gated' },
  'org/refused': { files: { 'config.json': config }, trouble: 'no_access' },
  'org/silent': { files: { 'config.json': config }, trouble: 'silent' },
  'org/endless': { files: { 'config.json': config }, trouble: 'endless' },
  'org/closed': { files: { 'config.json': config }, trouble: 'no_cors' },
  'org/broken': { files: { 'config.json': config }, trouble: 'broken' },
  'org/busy': { files: { 'config.json': config }, trouble: 'too_many' },
  'org/html': { files: { 'config.json': config }, trouble: 'not_json_list' },
  'org/not-json': { files: { 'config.json': '{ "model_type": "llama", }' } },
  'meta-llama/Llama-3.1-8B': { files: { 'config.json': config }, trouble: 'gated' },
};

const test = hubTest(repositories);

test('nothing is asked before the press; then one host, without cookies, referrer or preflight', async ({ hub, asked }) => {
  await paste(hub, 'https://huggingface.co/org/config/blob/main/config.json?show_file_info=config.json');
  await expect(dialog(hub)).toContainText('Fetch asks huggingface.co for the files of org/config at main');
  expect(asked).toEqual([]);
  await press(hub);
  await expect(hub.getByText(grouped(smallConfigParameters))).toBeVisible();
  await expect(hub.getByText(`From huggingface.co: org/config at ${sha.slice(0, 10)}.`)).toBeVisible();
  expect(asked.map(({ url }) => url)).toEqual([
    'https://huggingface.co/api/models/org/config/revision/main?blobs=true', `https://huggingface.co/org/config/resolve/${sha}/config.json`,
  ]);
  for (const { headers } of asked) expect([headers.referer, headers.cookie, headers.authorization]).toEqual([undefined, undefined, undefined]);
});

test('the source is shown as long as that model is asked about', async ({ hub }) => {
  await paste(hub, 'org/config');
  await press(hub);
  await expect(hub.getByText('From huggingface.co: org/config')).toBeVisible();
  await hub.getByRole('combobox', { name: 'Model' }).fill('qwen3 8b');
  await hub.keyboard.press('Enter');
  await expect(hub.getByText('From huggingface.co: org/config')).toBeHidden();
});

test('a config inside a folder, at a pinned commit, and ModelScope', async ({ hub, asked }) => {
  await paste(hub, `hf.co/org/nested/tree/${sha}/text`);
  await press(hub);
  await expect(hub.getByText('From huggingface.co: org/nested')).toBeVisible();
  expect(asked.at(-1)!.url).toBe(`https://huggingface.co/org/nested/resolve/${sha}/text/config.json`);
  await hub.getByRole('button', { name: 'From a hub' }).click();
  await paste(hub, 'https://www.modelscope.cn/models/org/config/files');
  await press(hub);
  await expect(hub.getByText('From modelscope.cn: org/config')).toBeVisible();
  expect(asked.at(-1)!.url).toBe(`https://modelscope.cn/api/v1/models/org/config/repo?Revision=${sha}&FilePath=config.json`);
});

const refused: [repository: string, says: string][] = [
  ['org/gated', 'gated, private or does not exist'],
  ['org/unheard-of', 'gated, private or does not exist'],
  ['org/refused', 'Access to org/refused is not granted'],
  ['org/nothing', 'No config.json in org/nothing at main, and no GGUF file instead'],
  ['org/config@no-such-branch', 'org/config has no revision no-such-branch'],
  ['org/closed', 'does not allow this page to read the file'],
  ['org/endless', 'config.json is larger than 4.77 MiB'],
  ['org/broken', 'status 503'],
  ['org/busy', 'was asked too often'],
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
  await paste(hub, 'org/config');
  await press(hub);
  await expect(dialog(hub).getByRole('alert')).toContainText('You are offline');
  expect(asked).toEqual([]);
});

test('a gated model that is a preset is offered as one', async ({ hub }) => {
  await paste(hub, 'meta-llama/Llama-3.1-8B');
  await press(hub);
  await dialog(hub).getByRole('button', { name: 'Use the preset Llama 3.1 8B' }).click();
  await expect(dialog(hub)).toBeHidden();
  await expect(hub.getByRole('combobox', { name: 'Model' })).toHaveValue('Llama 3.1 8B');
});

test('where a model came from goes with the link', async ({ hub }) => {
  await paste(hub, 'org/config');
  await press(hub);
  await expect(hub).toHaveURL(new RegExp(`from=huggingface.co/org/config%40${sha}`));
  const { hash } = new URL(hub.url());
  await hub.goto('about:blank');
  await hub.goto(`/${hash}`);
  await expect(hub.getByText(`From huggingface.co: org/config at ${sha.slice(0, 10)}.`)).toBeVisible();
  await hub.goto('about:blank');
  await hub.goto('/#v1&from=evil.example/org/config%400123456789');
  await expect(verdict(hub)).toContainText(/GiB/);
  await expect(hub.getByText('evil.example')).toBeHidden();
});

test('a config that is no JSON is explained as one that was pasted', async ({ hub }) => {
  await paste(hub, 'org/not-json');
  await press(hub);
  await expect(hub.getByRole('alert').filter({ hasText: 'What to do' })).toContainText('Why');
});

test('the mirror is a link and no request, and other addresses are no model', async ({ hub, asked }) => {
  await paste(hub, 'https://hf-mirror.com/org/config');
  await expect(dialog(hub).getByRole('link')).toHaveAttribute('href', 'https://hf-mirror.com/org/config/blob/main/config.json');
  await expect(dialog(hub).getByRole('button', { name: 'Fetch' })).toBeDisabled();
  await paste(hub, 'https://example.com/org/config');
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
