// Files of a checkpoint, dropped and chosen: read in a worker, by their headers alone.

import { Buffer } from 'node:buffer';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page } from '@playwright/test';
import { expect, smallConfig, test, verdict } from './page.ts';

interface Made {
  name: string;
  bytes: Buffer;
}

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
const u64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};
const word = (text: string): Buffer => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);

/** A small model as GGUF: a llama of two layers whose matrices are Q8_0, 34 bytes for 32 weights. */
function gguf(): Made {
  const [hidden, intermediate, vocabulary] = [256, 512, 1000];
  const numbers = { block_count: 2, context_length: 4096, embedding_length: hidden, feed_forward_length: intermediate, 'attention.head_count': 4, 'attention.head_count_kv': 2 };
  const pairs = [Buffer.concat([word('general.architecture'), u32(8), word('llama')]),
    ...Object.entries(numbers).map(([key, value]) => Buffer.concat([word(`llama.${key}`), u32(4), u32(value)]))];
  const tensors: [name: string, ne: number[]][] = [['token_embd.weight', [hidden, vocabulary]], ['output_norm.weight', [hidden]]];
  for (const layer of [0, 1]) {
    for (const [name, out] of [['attn_q', 256], ['attn_k', 128], ['attn_v', 128], ['attn_output', 256], ['ffn_gate', 512], ['ffn_up', 512]] as const) tensors.push([`blk.${layer}.${name}.weight`, [hidden, out]]);
    tensors.push([`blk.${layer}.ffn_down.weight`, [intermediate, hidden]], [`blk.${layer}.attn_norm.weight`, [hidden]], [`blk.${layer}.ffn_norm.weight`, [hidden]]);
  }
  let offset = 0;
  const infos = tensors.map(([name, ne]) => {
    const matrix = ne.length > 1;
    const elements = ne.reduce((product, length) => product * length, 1);
    const info = Buffer.concat([word(name), u32(ne.length), ...ne.map(u64), u32(matrix ? 8 : 0), u64(offset)]);
    offset += Math.ceil((matrix ? (elements / 32) * 34 : elements * 4) / 32) * 32;
    return info;
  });
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(pairs.length), ...pairs, ...infos]);
  return { name: 'small.Q8_0.gguf', bytes: Buffer.concat([header, Buffer.alloc(Math.ceil(header.length / 32) * 32 - header.length + offset)]) };
}

const shapesOf = ({ hidden_size: h, intermediate_size: f, vocab_size: v, num_hidden_layers: layers }: typeof smallConfig): [name: string, shape: number[]][] => {
  const kv = 256;
  const inLayer: [string, number[]][] = [['self_attn.q_proj', [h, h]], ['self_attn.k_proj', [kv, h]], ['self_attn.v_proj', [kv, h]], ['self_attn.o_proj', [h, h]],
    ['mlp.gate_proj', [f, h]], ['mlp.up_proj', [f, h]], ['mlp.down_proj', [h, f]], ['input_layernorm', [h]], ['post_attention_layernorm', [h]]];
  return [['model.embed_tokens.weight', [v, h]], ['model.norm.weight', [h]], ['lm_head.weight', [v, h]],
    ...Array.from({ length: layers }, (_, layer) => inLayer.map(([name, shape]): [string, number[]] => [`model.layers.${layer}.${name}.weight`, shape])).flat()];
};

/** The checkpoint of smallConfig in two shards. */
function shards(): Made[] {
  const all = shapesOf(smallConfig);
  return [all.slice(0, 3), all.slice(3)].map((tensors, i) => {
    let at = 0;
    const header: Record<string, object> = {};
    for (const [name, shape] of tensors) {
      const bytes = 2 * shape.reduce((product, length) => product * length, 1);
      header[name] = { dtype: 'BF16', shape, data_offsets: [at, (at += bytes)] };
    }
    const text = JSON.stringify(header);
    return { name: `model-0000${i + 1}-of-00002.safetensors`, bytes: Buffer.concat([u64(text.length), Buffer.from(text), Buffer.alloc(at)]) };
  });
}

const config: Made = { name: 'config.json', bytes: Buffer.from(JSON.stringify(smallConfig)) };

/** A folder with the files, for a chooser: files this long do not cross as text. */
function folderOf(files: Made[]): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'plimsoll-')), 'model');
  mkdirSync(folder);
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
  return folder;
}

async function choose(page: Page, button: string, paths: string | string[]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button }).press('Enter')]);
  await chooser.setFiles(paths);
}

const news = (page: Page, name: string) => page.getByRole('status', { name });

test('a GGUF file alone is a model, and the page says how little it read', async ({ page, open }) => {
  await open();
  const { name, bytes } = gguf();
  const files = await page.evaluateHandle(([file, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(text), character => character.charCodeAt(0))], file));
    return transfer;
  }, [name, bytes.toString('base64')] as const);
  await page.getByRole('main').dispatchEvent('drop', { dataTransfer: files });
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue(name);
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  await expect(page.getByText('The weights are counted as the files store them')).toBeVisible();
  await expect(page).toHaveURL(/gguf=/);
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await open(hash);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue(name);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(news(page, '已读取的文件')).toContainText('只在本机读取文件头');
});

test('shards and their config are chosen at once by keyboard, and equal the config', async ({ page, open }) => {
  await open();
  const folder = folderOf([...shards(), config]);
  await choose(page, 'Choose file', [join(folder, config.name)]);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
  const derived = await verdict(page).innerText();
  await choose(page, 'Choose file', [...shards().map(({ name }) => join(folder, name)), join(folder, config.name)]);
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  expect(await verdict(page).innerText()).toBe(derived);
  await expect(page.getByText('The checkpoint and the config differ')).toBeHidden();
});

test('a folder is one checkpoint', async ({ page, open }) => {
  await open();
  await choose(page, 'Choose folder', folderOf([...shards(), config]));
  await expect(news(page, 'Files read')).toContainText(/^Read .* of .*: headers only/);
  await expect(page.getByRole('combobox', { name: 'Model' })).toHaveValue('Your config.json');
});

test('a shard alone and a broken header are refused, and the last result stays', async ({ page, open }) => {
  await open();
  const before = await verdict(page).innerText();
  const [first] = shards();
  await choose(page, 'Choose file', join(folderOf([first!]), first!.name));
  const problem = page.getByRole('alert');
  await expect(problem).toContainText('1 of 2 files of this checkpoint are missing: 2.');
  expect(await verdict(page).innerText()).toBe(before);
  const broken = { name: 'broken.gguf', bytes: gguf().bytes.subarray(0, 60) };
  await choose(page, 'Choose file', join(folderOf([broken]), broken.name));
  await expect(problem).toContainText('broken.gguf');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(problem).toContainText('处理办法');
  await page.getByRole('button', { name: '恢复上一次的设置' }).click();
  await expect(problem).toBeEmpty();
});
