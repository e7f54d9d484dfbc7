// The module that reads headers: the same summary as the native program, of files that are read by slices alone.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { root } from '../../tools/steps.mjs';
import { writeGguf } from '../conformance/gguf_files.mjs';
import { nativeTool } from './load-core.mjs';

async function loadHeaders() {
  const { default: create } = await import(pathToFileURL(join(root, 'build/wasm/headers.mjs')));
  return create({ wasmBinary: readFileSync(join(root, 'build/wasm/headers.wasm')) });
}

function read(module, name, bytes, size = bytes.length) {
  let refused = module.open(name, size);
  for (let slice = module.wanted(); !refused && slice; slice = module.wanted()) {
    const piece = bytes.subarray(slice.offset, slice.offset + slice.size);
    module.buffer(piece.length).set(piece);
    refused = module.feed();
  }
  return JSON.parse(refused || module.finish());
}

function safetensors(header, data) {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

test('the module and the native program read the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-headers-'));
  try {
    const shard = safetensors({ 'model.layers.0.w': { dtype: 'BF16', shape: [2, 3], data_offsets: [0, 12] }, '模型': { dtype: 'F32', shape: [], data_offsets: [12, 16] } }, 16);
    const index = Buffer.from(JSON.stringify({ metadata: { total_size: 16 }, weight_map: { 'model.layers.0.w': 'a.safetensors', 'model.layers.1.w': 'b.safetensors' } }));
    writeGguf(join(folder, 'a.gguf'), { 'general.architecture': 'bert', 'bert.block_count': '2' }, [['blk.0.x.weight', [32, 2], 1], ['blk.1.x.weight', [32, 2], 1]]);
    writeFileSync(join(folder, 'model.safetensors'), shard);
    writeFileSync(join(folder, 'model.safetensors.index.json'), index);
    const module = await loadHeaders();
    for (const name of ['a.gguf', 'model.safetensors', 'model.safetensors.index.json']) {
      const native = JSON.parse(nativeTool('plimsoll-inspect', join(folder, name)).stdout);
      assert.equal(native.ok, true, name);
      assert.deepEqual(read(module, name, readFileSync(join(folder, name))), { ok: true, value: native.value.checkpoint });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a refused file leaves the module ready for the next', async () => {
  const module = await loadHeaders();
  const refused = read(module, 'model.gguf', Buffer.from('nothing of the kind, and long enough to be read'));
  assert.equal(refused.ok, false);
  assert.equal(refused.error.where, 'model.gguf: byte 0');
  assert.equal(read(module, 'notes.txt', Buffer.from('x')).error.code, 'invalid_file');
  assert.equal(read(module, 'model.safetensors', safetensors({ a: { dtype: 'I8', shape: [1], data_offsets: [0, 1] } }, 1)).ok, true);
});
