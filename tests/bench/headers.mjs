// How long the module takes to read headers, as the page's worker calls it: an index of half a million tensors, a GGUF header of two
// thousand, and hostile headers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from '../../tools/steps.mjs';

const u32 = value => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
const u64 = value => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};
const word = text => Buffer.concat([u64(text.length), Buffer.from(text)]);

function longIndex() {
  const lines = [];
  for (let layer = 0; layer < 61; ++layer) {
    for (let expert = 0; expert < 912; ++expert) {
      for (const part of ['gate_proj', 'up_proj', 'down_proj']) {
        for (const own of ['weight_packed', 'weight_scale', 'weight_shape']) {
          lines.push(`    "language_model.model.layers.${layer}.block_sparse_moe.experts.${expert}.${part}.${own}": "model-${String(layer + 1).padStart(5, '0')}-of-000061.safetensors"`);
        }
      }
    }
  }
  return { name: 'model.safetensors.index.json', count: lines.length, bytes: Buffer.from(`{\n  "metadata": { "total_size": 1000000000000 },\n  "weight_map": {\n${lines.join(',\n')}\n  }\n}\n`) };
}

function longGguf() {
  const infos = Array.from({ length: 2000 }, (_, i) => Buffer.concat([word(`blk.${i >> 4}.part_${i & 15}.weight`), u32(2), u64(256), u64(4), u32(12), u64(i * 576)]));
  const words = Array.from({ length: 128256 }, (_, i) => word(`token${i}`));
  const pairs = [Buffer.concat([word('general.architecture'), u32(8), word('llama')]), Buffer.concat([word('tokenizer.ggml.tokens'), u32(9), u32(8), u64(words.length), ...words])];
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(infos.length), u64(pairs.length), ...pairs, ...infos]);
  return { name: 'model.gguf', bytes: header, size: header.length + 2000 * 576 + 64 };
}

const gguf = (tensors, pairs, rest = Buffer.alloc(0)) => Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(pairs), rest]);
const safetensors = text => Buffer.concat([u64(text.length), Buffer.from(text)]);
const hostile = [
  { name: 'counts.gguf', bytes: gguf(10n ** 18n, 10n ** 18n), size: 1e13 },
  { name: 'list.gguf', bytes: gguf(0, 1, Buffer.concat([word('x'), u32(9), u32(8), u64(10n ** 18n)])), size: 1e13 },
  { name: 'length.safetensors', bytes: u64(10n ** 18n), size: 1e13 },
  { name: 'deep.safetensors', bytes: safetensors(`{"a":${'['.repeat(2_000_000)}`), size: 1e13 },
  { name: 'text.safetensors', bytes: safetensors(`{"${'a'.repeat(1_000_000)}\xff":1}`), size: 1e13 },
  { name: 'gap.safetensors', bytes: safetensors('{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}'), size: 1000 },
];

/** Milliseconds until the answer, and whether it was one. */
function read(module, { name, bytes, size = bytes.length }) {
  const start = performance.now();
  let refused = module.open(name, size);
  for (let slice = module.wanted(); !refused && slice; slice = module.wanted()) {
    const piece = bytes.subarray(slice.offset, slice.offset + slice.size);
    module.buffer(piece.length).set(piece);
    refused = module.feed();
  }
  const answer = JSON.parse(refused || module.finish());
  return { ms: performance.now() - start, answer };
}

export async function headerTimes() {
  const load = async () => {
    const { default: create } = await import(pathToFileURL(join(root, 'build/wasm/headers.mjs')));
    return create({ wasmBinary: readFileSync(join(root, 'build/wasm/headers.wasm')) });
  };
  const best = async (file, ok) => {
    let least = Infinity;
    for (let i = 0; i < 3; ++i) {
      const { ms, answer } = read(await load(), file);
      if (answer.ok !== ok) throw new Error(`${file.name}: ${JSON.stringify(answer).slice(0, 300)}`);
      least = Math.min(least, ms);
    }
    return least;
  };
  const index = longIndex();
  const rows = [{ name: `index of ${index.count} tensors, ${(index.bytes.length / 1e6).toFixed(0)} MB`, value: await best(index, true), unit: 'ms', goal: 2000 },
    { name: 'GGUF header of 2,000 tensors', value: await best(longGguf(), true), unit: 'ms', goal: 20 }];
  for (const file of hostile) rows.push({ name: `hostile ${file.name}, refused`, value: await best(file, false), unit: 'ms', goal: 5 });
  return rows;
}
