// The schemas of request, report, error and inspection compile, accept what people write and refuse what they get wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import { validators } from '../lint/schema.mjs';
import { readSchemas } from '../read.mjs';

const validatorOf = validators(readSchemas());

function accepts(name, value) {
  const validate = validatorOf(name);
  assert.ok(validate(value), JSON.stringify(validate.errors, null, 1));
}

function refuses(name, value) {
  assert.equal(validatorOf(name)(value), false, JSON.stringify(value));
}

const workload = { kind: 'inference' };
const error = { code: 'unknown_id', where: 'request.model.preset', message: 'No preset "x".', hint: 'Pick one.', message_zh: '没有“x”。', hint_zh: '请另选。' };

test('requests people write', () => {
  accepts('request', { model: { preset: 'meta-llama/Llama-3.1-8B' }, workload });
  accepts('request', { model: { parameter_count: '7B' }, weight_format: null, workload: { ...workload, max_model_len: 4096, max_num_seqs: 2, prompt_tokens: null, kv_cache_dtype: 'fp8', attention: 'eager' } });
  accepts('request', { model: { path: 'config.json' }, workload, engine: 'transformers', parallel: { tensor_parallel_size: 2 }, device: { gpu: 'nvidia/a100-sxm4-80gb', device_count: 2 } });
  accepts('request', { model: { config: '{}' }, workload, device: null });
});

test('requests that are wrong', () => {
  refuses('request', { workload });
  refuses('request', { model: {}, workload });
  refuses('request', { model: { preset: 'a/b', config: '{}' }, workload });
  refuses('request', { model: { preset: 'a/b' }, workload: { kind: 'inference', max_num_seqs: 0 } });
  refuses('request', { model: { preset: 'a/b' }, workload, colour: 'red' });
  refuses('request', { model: { preset: 'a/b' }, workload: { kind: 'guess' } });
});

test('an error has both languages', () => {
  accepts('error', error);
  accepts('outcome', { ok: false, error });
  refuses('error', { ...error, message_zh: '' });
  refuses('error', { ...error, code: 'oops' });
});

test('a term is a tree', () => {
  const leaf = { id: 'weights.norm', label: 'model.norm.weight', bytes: 8192, combine: 'leaf', children: [], formula: { text: 'h * b_w', inputs: [{ symbol: 'h', name: 'hidden_size', value: 4096 }], source: 'transformers-llama', basis: 'exact' } };
  const term = validatorOf('report').schema.$defs.term;
  assert.deepEqual(Object.keys(term.properties), ['id', 'label', 'bytes', 'combine', 'formula', 'children']);
  refuses('outcome', { ok: true, value: { tree: leaf } });
});

test('an inspection line', () => {
  const tensor = { name: 'model.layers.*.mlp.up_proj.weight', shape: [11008, 4096], count: 32, format: 'fp16', role: 'mlp_up' };
  const value = { model_type: 'llama', family: 'llama', parameter_count: 6738415616, active_parameter_count: 6738415616, tensors: [tensor] };
  accepts('inspection', { file: 'config.json', ok: true, value });
  accepts('inspection', { file: 'config.json', ok: false, error });
  refuses('inspection', { file: 'config.json', ok: true, value: { ...value, tensors: [{ ...tensor, apart: 'spare' }] } });
});

test('an inspection line of a checkpoint', () => {
  const tensors = [{ name: 'blk.*.attn_q.weight', type: 'q4_k', shape: [4096, 4096], count: 32, bytes: 9437184 }];
  const checkpoint = { kind: 'gguf', name: 'a.gguf', files: 1, file_bytes: 5000000000, read_bytes: 2097152, tensor_count: 32, tensor_bytes: 301989888, total_size: null, metadata: [{ key: 'general.architecture', value: 'llama' }], tensors };
  const value = { checkpoint, config: '{}', model: null, model_bytes: null, stored_bytes: 301989888, differences: [{ name: 'norm.weight', kind: 'missing', expected: '65', found: '' }] };
  accepts('checkpoint', { file: 'a.gguf', ok: true, value });
  accepts('checkpoint', { file: 'a.gguf', ok: false, error: { ...error, code: 'invalid_file' } });
  refuses('checkpoint', { file: 'a.gguf', ok: true, value: { ...value, differences: [{ name: 'x', kind: 'odd', expected: '', found: '' }] } });
  accepts('request', { model: { checkpoint }, workload });
  accepts('request', { model: { preset: 'a/b', checkpoint }, workload });
  refuses('request', { model: { parameter_count: '7B', checkpoint }, workload });
});
