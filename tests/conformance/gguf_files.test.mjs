// The suites of GGUF files on cases made by hand: a right answer is exact, each kind of wrong one is found.
import assert from 'node:assert/strict';
import test from 'node:test';

import { counts, llama, rowsOf } from './small_folders.mjs';

const small = { ...llama, hidden_size: 256, intermediate_size: 512, num_attention_heads: 4, num_key_value_heads: 4, tie_word_embeddings: false };

test('bytes of a file: exact, wrong, and a model that no config in the folder describes', () => {
  // embedding and head of 96 rows and 2 layers in blocks of 34 bytes for 32, norms in 32 bit
  const matrices = 2 * 96 * 256 + 2 * (4 * 256 * 256 + 3 * 512 * 256), vectors = 5 * 256;
  const bytes = (matrices / 32) * 34 + vectors * 4;
  const suite = (...rows) => rowsOf({
    'configs/meta-llama--Meta-Llama-3.1-8B.json': small,
    'measurements/gguf-file-sizes.csv': ['model,n_params,token_embd_params,file_type,tensor_bytes,bits_per_weight', ...rows].join('\n'),
  }).rows.gguf_file_sizes;
  assert.deepEqual(counts(suite(`llama-3.1-8b,0,0,Q8_0,${bytes},8.5`)), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(`llama-3.1-8b,0,0,Q8_0,${bytes + 34},8.5`)), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(`qwen3-32b,0,0,Q8_0,${bytes},8.5`, `mamba2-2.7b,0,0,Q8_0,${bytes},8.5`)), [2, 0, null, 0, 0, 2]);
});

const head = 'case,arch,n_layer,n_head,n_head_kv,n_expert,tied,file_type,imatrix,tensor,layers,ne,source_type,chosen_type';
const shapes = { attn_q: '256x256', attn_k: '256x256', attn_v: '256x256', attn_output: '256x256', ffn_gate: '256x512', ffn_up: '256x512', ffn_down: '512x256' };
// Of two layers the last has more bits.
const types = name => (['attn_v', 'ffn_down'].includes(name) ? [['0', 'q4_K'], ['1', 'q6_K']] : [['0-1', 'q4_K']]);
const right = {
  'token_embd.weight': [['', '256x96', 'q4_K']], 'output.weight': [['', '256x96', 'q6_K']],
  ...Object.fromEntries(Object.entries(shapes).map(([name, ne]) => [`blk.*.${name}.weight`, types(name).map(([layers, type]) => [layers, ne, type])])),
};
const choices = (change = {}, arch = 'llama') => [head, ...Object.entries({ ...right, ...change }).flatMap(([tensor, rows]) => (
  rows.map(([layers, ne, type]) => `one,${arch},2,4,4,0,0,Q4_K_M,0,${tensor},${layers},${ne}x1x1,bf16,${type}`)))].join('\n');
const choiceSuite = text => rowsOf({ 'oracle/quantization/gguf_type_choice.csv': text }).rows.gguf_type_choice;

test('types of a file: every tensor of every layer counts, and an architecture that no family has is not covered', () => {
  assert.deepEqual(counts(choiceSuite(choices())), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(choiceSuite(choices({ 'blk.*.ffn_down.weight': [['0-1', '512x256', 'q4_K']] }))), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(choiceSuite(choices({ 'blk.*.ffn_gate.weight': [['0', '256x512', 'q4_K']] }))), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(choiceSuite(choices({}, 'mamba'))), [1, 0, null, 0, 0, 1]);
});

test('bytes of such a file, and one that llama-quantize refuses', () => {
  const bytes = (96 * 256 + 2 * (3 * 256 * 256 + 2 * 512 * 256) + 256 * 256 + 512 * 256) / 256 * 144 + (96 * 256 + 256 * 256 + 512 * 256) / 256 * 210 + 5 * 256 * 4;
  const suite = (tensorBytes, status) => rowsOf({
    'oracle/quantization/gguf_type_choice.csv': choices(),
    'oracle/quantization/gguf_type_totals.csv': `case,arch,n_layer,n_head,n_head_kv,n_expert,tied,file_type,imatrix,tensor_bytes,elements,bpw,distinct_types,status\none,llama,2,4,4,0,0,Q4_K_M,0,${tensorBytes},0,0,x,${status}`,
  }).rows.gguf_type_totals;
  assert.deepEqual(counts(suite(bytes, 'ok')), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(bytes - 144, 'ok')), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(bytes, 'FAIL')), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(bytes, 'same as imatrix=0')), [1, 0, null, 0, 0, 1]);
});
