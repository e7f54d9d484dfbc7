// The runner on small folders made here: it must tell right, near, wrong, refused and not covered apart.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { conformance, counts, folderWith, llama, rowsOf } from './small_folders.mjs';

const unknown = { ...llama, model_type: 'no_such_model' };
const absurd = { ...llama, num_hidden_layers: -2 };

const layer = (name, shape) => ({ name: `model.layers.*.${name}.weight`, shape, count: 2, at: ['0-1'], dtype: 'bfloat16' });
const single = (name, shape) => ({ name: `${name}.weight`, shape, count: 1, dtype: 'bfloat16' });
const tensors = {
  parameters: 80192, tied: ['lm_head.weight'],
  tensors: [
    single('model.embed_tokens', [96, 64]), layer('self_attn.q_proj', [64, 64]), layer('self_attn.k_proj', [32, 64]),
    layer('self_attn.v_proj', [32, 64]), layer('self_attn.o_proj', [64, 64]), layer('mlp.gate_proj', [128, 64]),
    layer('mlp.up_proj', [128, 64]), layer('mlp.down_proj', [64, 128]), layer('input_layernorm', [64]),
    layer('post_attention_layernorm', [64]), single('model.norm', [64]), single('lm_head', [96, 64]),
  ],
};
const withTensor = (index, change) => ({ ...tensors, tensors: tensors.tensors.map((tensor, i) => (i === index ? { ...tensor, ...change } : tensor)) });

function cacheOf(tokens, cacheClass = 'DynamicLayer') {
  const half = batch => [[batch, 2, tokens[batch], 16], 'bfloat16'];
  const groups = batch => [{ class: cacheClass, layers: '0-1', tensors: { keys: half(batch), values: half(batch) } }];
  return { B1_T300: groups(1), B2_T9000: groups(2) };
}

test('a right folder: every case exact, exit status 0', () => {
  const { status, rows } = rowsOf({
    'configs/a.json': llama, 'oracle/tensors/a.json': tensors, 'oracle/cache/a.json': cacheOf({ 1: 300, 2: 9000 }),
    'configs_defaults/a.json': llama, 'oracle/tensors_defaults/a.json': tensors,
  });
  assert.equal(status, 0);
  assert.deepEqual(counts(rows.tensors), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(rows.tensors_defaults), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(rows.cache), [2, 2, null, 0, 0, 0]);
  assert.deepEqual(rows.cache_defaults.missing, ['oracle/cache_defaults']);
  assert.deepEqual(rows.generate_peaks.missing, ['oracle/inference/generate_peaks.csv']);
});

test('a wrong case is named with what was expected and got, exit status 1', () => {
  const files = { 'configs/a.json': llama, 'configs/b.json': llama, 'oracle/tensors/a.json': tensors, 'oracle/tensors/b.json': withTensor(2, { shape: [64, 64] }) };
  const { status, rows } = rowsOf(files);
  assert.equal(status, 1);
  assert.deepEqual(counts(rows.tensors), [2, 1, null, 1, 0, 0]);
  const [{ case: file, expected, got }] = rows.tensors.wrong_cases;
  assert.equal(file, 'b.json');
  assert.match(expected, /k_proj\.weight \[64,64\] bf16 x 2/);
  assert.match(got, /k_proj\.weight \[32,64\] bf16 x 2/);
  const { status: same, stdout } = conformance(folderWith(files));
  assert.equal(same, 1);
  assert.match(stdout, /^suite +cases +exact +within +wrong +refused +not covered$/m);
  assert.match(stdout, /^tensors +2 +1 +- +1 +0 +0$/m);
  assert.match(stdout, /wrong: b\.json\n +expected .*\[64,64\]/);
});

test('each property of a tensor counts', () => {
  const changes = {
    count: withTensor(1, { count: 3 }), name: withTensor(1, { name: 'model.layers.*.self_attn.query.weight' }),
    format: withTensor(1, { dtype: undefined }), buffer: withTensor(8, { kind: 'buffer' }),
    parameters: { ...tensors, parameters: 80193 }, tied: { ...tensors, tied: [] },
  };
  for (const [what, oracle] of Object.entries(changes)) {
    const { status, rows } = rowsOf({ 'configs/a.json': llama, 'oracle/tensors/a.json': oracle });
    assert.deepEqual([status, rows.tensors.wrong], [1, 1], what);
  }
});

test('the list as a checkpoint holds it comes before the module\'s own', () => {
  const oracle = { ...withTensor(1, { count: 3 }), checkpoint_tensors: tensors.tensors.slice(0, -1) };
  assert.equal(rowsOf({ 'configs/a.json': llama, 'oracle/tensors/a.json': oracle }).rows.tensors.exact, 1);
});

test('refused and not covered are neither right nor wrong', () => {
  const { status, rows } = rowsOf({
    'configs/right.json': llama, 'configs/unknown.json': unknown, 'configs/absurd.json': absurd, 'configs/broken.json': '{',
    ...Object.fromEntries(['right', 'unknown', 'absurd', 'broken', 'absent'].map(name => [`oracle/tensors/${name}.json`, tensors])),
  });
  assert.equal(status, 0);
  assert.deepEqual(counts(rows.tensors), [5, 1, null, 0, 2, 2]);
  assert.deepEqual(rows.tensors.not_covered_reasons, { 'model type unknown': 1, 'no such file in configs': 1 });
  assert.deepEqual(rows.tensors.refused_cases.map(entry => entry.case), ['absurd.json', 'broken.json']);
});

test('a cache of other bytes or of other layers is wrong', () => {
  const short = rowsOf({ 'configs/a.json': llama, 'oracle/cache/a.json': cacheOf({ 1: 300, 2: 8999 }) });
  assert.deepEqual([short.status, ...counts(short.rows.cache)], [1, 2, 1, null, 1, 0, 0]);
  const sliding = rowsOf({ 'configs/a.json': llama, 'oracle/cache/a.json': cacheOf({ 1: 300, 2: 9000 }, 'DynamicSlidingWindowLayer') });
  assert.equal(sliding.rows.cache.wrong, 2);
  assert.match(sliding.rows.cache.wrong_cases[0].expected, /sliding layer of 64 elements a token x 2/);
});

test('a language model inside another is asked on its own', () => {
  const { rows } = rowsOf({ 'configs/a.json': { model_type: 'sees', text_config: llama }, 'oracle/cache/a.json': cacheOf({ 1: 300, 2: 9000 }) });
  assert.deepEqual(counts(rows.cache), [2, 0, null, 0, 0, 2]);
  assert.deepEqual(counts(rows.cache_text_part), [2, 2, null, 0, 0, 0]);
});

test('a peak is exact, within half a per cent, or wrong', () => {
  const peaks = factor => rowsOf({
    'configs/a.json': llama,
    'oracle/inference/generate_peaks.csv': `config,batch,tokens,attention,phase,peak_above_weights\n${
      ['prefill', 'decode'].map(phase => `a.json,1,512,sdpa,${phase},${factor(phase)}`).join('\n')}\n`,
  });
  const { status, rows } = peaks(() => 1);
  assert.deepEqual([status, ...counts(rows.generate_peaks)], [1, 2, 0, 0, 2, 0, 0]);
  const measured = Object.fromEntries(rows.generate_peaks.wrong_cases.map(entry => [entry.case.split(' ')[1], Number(entry.got)]));
  assert.deepEqual(counts(peaks(phase => measured[phase]).rows.generate_peaks), [2, 2, 0, 0, 0, 0]);
  assert.deepEqual(counts(peaks(phase => Math.round(measured[phase] * 1.004)).rows.generate_peaks), [2, 0, 2, 0, 0, 0]);
  assert.deepEqual(counts(peaks(phase => Math.round(measured[phase] * 1.006)).rows.generate_peaks), [2, 0, 0, 2, 0, 0]);
});

test('the names of a weight map, with or without the tied copy', () => {
  const names = tensors.tensors.flatMap(({ name }) => (name.includes('*') ? [0, 1].map(i => name.replace('*', i)) : [name]));
  const mapped = list => ({ weight_map: Object.fromEntries(list.map(name => [name, 'model.safetensors'])) });
  const outcomeOf = (list, config = llama) => rowsOf({
    'configs/a.json': config, 'safetensors_index/a.model.safetensors.index.json': mapped(list),
  }).rows.weight_map;
  assert.equal(outcomeOf(names).exact, 1);
  assert.equal(outcomeOf(names.filter(name => name !== 'lm_head.weight')).exact, 1);
  assert.equal(outcomeOf(names.slice(1)).wrong, 1);
  assert.equal(outcomeOf([...names, 'model.layers.0.self_attn.extra']).wrong, 1);
  assert.equal(outcomeOf([...names, 'model.layers.0.self_attn.rotary_emb.inv_freq']).not_covered, 1);
  assert.equal(outcomeOf([...names.slice(1), 'model.layers.0.self_attn.rotary_emb.inv_freq']).wrong, 1);
  assert.equal(outcomeOf(names, { ...llama, quantization_config: { quant_method: 'awq', bits: 4 } }).not_covered, 1);
});

test('caches of another engine, to the hundredth of a MiB', () => {
  const header = 'id,kind,model,type_k,type_v,"kv_caches(MiB@cells x layers)"';
  const rows = [
    '1,full,llama-3.1-8b,f16,f16,512.00@4096x32', '2,full,llama-3.1-8b,f16,f16,4096.00@8192x32(streams 4)',
    '3,full,gpt-oss-120b,f16,f16,1152.00@32768x18;27.00@768x18', '4,full,llama-3.1-8b,f16,f16,512.01@4096x32',
    '5,full,llama-3.1-8b,f16,f16,496.00@4096x31', '6,full,llama-3.1-8b,q8_0,q8_0,272.00@4096x32', '7,full,other,f16,f16,1.00@1x1',
  ];
  const { status, rows: { llamacpp_kv: row } } = rowsOf({ 'measurements/llamacpp-allocator.csv': [header, ...rows].join('\n') });
  assert.deepEqual([status, ...counts(row)], [1, 7, 3, null, 2, 0, 2]);
  assert.match(row.wrong_cases[1].got, /512\.00 MiB in 32 layers/);
});

test('a folder that is not there, or holds nothing, is no success', () => {
  assert.equal(conformance(join(tmpdir(), 'no-such-folder')).status, 2);
  assert.equal(conformance(folderWith({})).status, 2);
  assert.equal(conformance().status, 2);
});

test('optimizer states: bytes, place and number of states count', () => {
  const header = 'library,optimizer,options,param_kind,param_shape,param_dtype,measured_on,state_key,bytes_on_device,bytes_on_host,total_device_bytes,shared_between_params,note,error\n';
  const row = (key, device, host) => `torch,AdamW,foreach=True,linear,8x4,bfloat16,meta:step(),${key},${device},${host},128,,,\n`;
  const suite = (...rows) => rowsOf({ 'oracle/training/optimizer_states.csv': header + rows.join('') }).rows.optimizer_states;
  const [step, first, second] = [row('step', 0, 4), row('exp_avg', 64, 0), row('exp_avg_sq', 64, 0)];
  assert.deepEqual(counts(suite(step, first, second)), [3, 3, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(row('step', 4, 0), row('exp_avg', 65, 0), second)), [3, 1, null, 2, 0, 0]);
  assert.deepEqual(counts(suite(step, first)), [3, 2, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(step.replace('AdamW', 'Unheard'))), [1, 0, null, 0, 0, 1]);
});

test('a quantised operator: every tensor in memory counts, and unknown methods are not covered', () => {
  const weight = ['weight', [2048, 1], 'uint8'];
  const absmax = ['quant_state.absmax', [64], 'float32'];
  const table = ['quant_state.code', [16], 'float32'];
  const entry = (method, ...memory) => ({ method, setting: 'nf4', parameters: { quant_type: 'nf4', double_quant: false }, examples: [{ in: 64, out: 64, bias: false, memory }] });
  const suite = (...entries) => rowsOf({ 'oracle/quantization/layouts.json': { entries } }).rows.quantised_linear;
  assert.deepEqual(counts(suite(entry('bitsandbytes_4bit', weight, absmax, table))), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(entry('bitsandbytes_4bit', weight, absmax))), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(entry('bitsandbytes_4bit', weight, ['quant_state.absmax', [65], 'float32'], table))), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(entry('unheard', weight))), [1, 0, null, 0, 0, 1]);
  const gptq = { method: 'gptq', setting: 'x', parameters: { bits: 4, group_size: 32 }, examples: [{ in: 64, out: 64, bias: false, checkpoint: [
    ['qweight', [8, 64], 'int32'], ['qzeros', [2, 8], 'int32'], ['scales', [2, 64], 'float16'], ['g_idx', [64], 'int32']] }] };
  assert.deepEqual(counts(suite(gptq)), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(suite({ ...gptq, parameters: { bits: 8, group_size: 32 } })), [1, 0, null, 1, 0, 0]);
});

test('a quantised model: each of its tensors, and the sum of all', () => {
  const names = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
  const shapes = [[64, 64], [32, 64], [32, 64], [64, 64], [128, 64], [128, 64], [64, 128]];
  const parts = names.flatMap((name, i) => {
    const part = (tensor, shape, dtype) => ({ name: `model.layers.*.${name}.${tensor}`, shape, count: 2, dtype, kind: 'quantised' });
    return [part('weight', shapes[i], 'int8'), part('SCB', [shapes[i][0]])];
  });
  const left = (name, shape, count) => parts.push({ name: `${name}.weight`, shape, count, dtype: 'float16' });
  left('model.embed_tokens', [96, 64], 1);
  left('model.norm', [64], 1);
  left('model.layers.*.input_layernorm', [64], 2);
  left('model.layers.*.post_attention_layernorm', [64], 2);
  const total = 2 * (96 * 64 + 5 * 64) + 2 * shapes.reduce((sum, [out, input]) => sum + out * input + 4 * out, 0);
  const model = { config: 'a.json', label: 'small', dtype: 'float16', quantization_config: { quant_method: 'bitsandbytes', load_in_8bit: true }, total_bytes: total, tensors: parts };
  const suite = change => rowsOf({ 'configs/a.json': llama, 'oracle/quantization/whole_models.json': { models: [{ ...model, ...change }] } }).rows.quantised_model;
  assert.deepEqual(counts(suite({})), [2, 2, null, 0, 0, 0]);
  assert.deepEqual(counts(suite({ total_bytes: total + 1 })), [2, 1, null, 1, 0, 0]);
  assert.deepEqual(counts(suite({ tensors: parts.slice(1) })), [2, 1, null, 1, 0, 0]);
  assert.deepEqual(counts(suite({ quantization_config: { quant_method: 'awq' } })), [1, 0, null, 0, 1, 0]);
});

test('the bytes of a checkpoint are those that its index states', () => {
  const linears = 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 128);
  const index = (total, names = {}) => ({ metadata: { total_size: total }, weight_map: names });
  const suite = (config, listed) => rowsOf({ 'configs/a.json': config, 'safetensors_index/a.model.safetensors.index.json': listed }).rows.checkpoint_bytes;
  const whole = 2 * (96 * 64 + 5 * 64 + linears);
  const stated = { ...llama, dtype: 'bfloat16' };
  assert.deepEqual(counts(suite(stated, index(whole))), [1, 1, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(stated, index(whole + 1))), [1, 0, null, 1, 0, 0]);
  assert.deepEqual(counts(suite(stated, index(undefined))), [1, 0, null, 0, 0, 1]);
  const packed = { ...stated, quantization_config: { quant_method: 'fp8' } };
  assert.deepEqual(counts(suite(packed, index(2 * (96 * 64 + 5 * 64) + linears + 4 * 14))), [1, 1, null, 0, 0, 0]);
});
