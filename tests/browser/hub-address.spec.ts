// What people paste to name a model, read without a page.

import { expect, test } from '@playwright/test';
import { type HubAddress, readHubAddress } from '../../web/src/hub/address.ts';

const plain = { hub: 'huggingface', repository: 'Qwen/Qwen3-8B', revision: 'main', folder: '', file: '', quant: '' } as const;
const scope: HubAddress = { ...plain, hub: 'modelscope', repository: 'LLM-Research/gemma-3-4b-it', revision: 'master' };

const read: [pasted: string, address: HubAddress][] = [
  ['Qwen/Qwen3-8B', plain],
  [' Qwen/Qwen3-8B\n', plain],
  ['hf://Qwen/Qwen3-8B', plain],
  ['https://huggingface.co/Qwen/Qwen3-8B', plain],
  ['huggingface.co/Qwen/Qwen3-8B/', plain],
  ['https://hf.co/Qwen/Qwen3-8B', plain],
  ['hf.co/Qwen/Qwen3-8B', plain],
  ['http://www.huggingface.co/Qwen/Qwen3-8B/raw/main/config.json', { ...plain, file: 'config.json' }],
  ['https://huggingface.co/Qwen/Qwen3-8B/tree/main', plain],
  ['https://huggingface.co/api/models/Qwen/Qwen3-8B', plain],
  ['https://huggingface.co/Qwen/Qwen3-8B?library=transformers#readme', plain],
  ['https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json', { ...plain, file: 'config.json' }],
  ['https://huggingface.co/Qwen/Qwen3-8B/blob/main/model.safetensors.index.json?show_file_info=model.safetensors.index.json', { ...plain, file: 'model.safetensors.index.json' }],
  ['https://huggingface.co/Qwen/Qwen3-8B/resolve/main/model.safetensors?download=true', { ...plain, file: 'model.safetensors' }],
  ['https://huggingface.co/gpt2/blob/main/config.json', { ...plain, repository: 'gpt2', file: 'config.json' }],
  ['Qwen/Qwen3-8B@refs/pr/1', { ...plain, revision: 'refs/pr/1' }],
  ['https://huggingface.co/Qwen/Qwen3-8B/tree/refs%2Fpr%2F1', { ...plain, revision: 'refs/pr/1' }],
  ['https://huggingface.co/a/b/blob/v1.0/text_encoder/config.json', { ...plain, repository: 'a/b', revision: 'v1.0', folder: 'text_encoder/', file: 'text_encoder/config.json' }],
  ['https://huggingface.co/a/b-GGUF/blob/main/UD-Q4/b%20x-00001-of-00002.gguf', { ...plain, repository: 'a/b-GGUF', folder: 'UD-Q4/', file: 'UD-Q4/b x-00001-of-00002.gguf' }],
  ['https://hf.co/a/b-GGUF/resolve/main/b.Q4_K_M.gguf?download=true', { ...plain, repository: 'a/b-GGUF', file: 'b.Q4_K_M.gguf' }],
  ['hf.co/a/b-GGUF:Q4_K_M', { ...plain, repository: 'a/b-GGUF', quant: 'Q4_K_M' }],
  ['a/b-GGUF:IQ4_XS', { ...plain, repository: 'a/b-GGUF', quant: 'IQ4_XS' }],
  ['https://hf-mirror.com/Qwen/Qwen3-8B', { ...plain, hub: 'mirror' }],
  ['hf-mirror.com/Qwen/Qwen3-8B/tree/main', { ...plain, hub: 'mirror' }],
  ['https://hf-mirror.com/a/b-GGUF/blob/main/b.Q8_0.gguf', { ...plain, hub: 'mirror', repository: 'a/b-GGUF', file: 'b.Q8_0.gguf' }],
  ['https://modelscope.cn/models/LLM-Research/gemma-3-4b-it', scope],
  ['modelscope.cn/models/LLM-Research/gemma-3-4b-it/', scope],
  ['https://www.modelscope.cn/models/LLM-Research/gemma-3-4b-it/files', scope],
  ['https://modelscope.cn/models/LLM-Research/gemma-3-4b-it/summary', scope],
  ['modelscope.cn/models/LLM-Research/gemma-3-4b-it/resolve/master/config.json', { ...scope, file: 'config.json' }],
  ['https://modelscope.cn/models/LLM-Research/gemma-3-4b-it/file/view/master/config.json?status=1', { ...scope, file: 'config.json' }],
  ['https://modelscope.cn/models/LLM-Research/gemma-3-4b-it/file/view/master?fileName=q4%2Fmodel.gguf', { ...scope, folder: 'q4/', file: 'q4/model.gguf' }],
  ['https://modelscope.cn/api/v1/models/LLM-Research/gemma-3-4b-it/repo?Revision=v1.0&FilePath=model.gguf', { ...scope, revision: 'v1.0', file: 'model.gguf' }],
];

for (const [pasted, address] of read) test(`${JSON.stringify(pasted)} names a model`, () => expect(readHubAddress(pasted)).toEqual(address));

test('what names no model of a known hub is no address', () => {
  for (const text of ['', 'Qwen', 'a/b/c', 'https://huggingface.co/datasets/a/b', 'https://huggingface.co/spaces/a/b', 'https://huggingface.co', 'https://evil.example/huggingface.co/a/b',
    'https://huggingface.co.evil.example/a/b', 'https://modelscope.cn/datasets/a/b', 'https://modelscope.cn/models/a', 'javascript:alert(1)', 'https://huggingface.co/../..', 'a b/c',
    'https://huggingface.co:443', 'https://user@evil.example/a/b', 'https://huggingface.co@evil.example/a/b'])
    expect(readHubAddress(text), text).toBeNull();
});
