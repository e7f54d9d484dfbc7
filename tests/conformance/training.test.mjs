// The suites about training steps on small folders made here.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counts, llama, rowsOf } from './small_folders.mjs';

const trained = { ...llama, max_position_embeddings: 4096 };
const savedHeader = 'config,model_type,layers,batch,seq,weight_dtype,compute,attention,mask,checkpointing,lora_r,lora_variant,scope,layer_indices,n_layers,bytes\n';
const savedRow = (scope, bytes, { layers = '', count = '', attention = 'sdpa(auto)' } = {}) =>
  `a.json,llama,2,1,64,bfloat16,bfloat16,${attention},none,off,,,${scope},${layers},${count},${bytes}\n`;

test('saved activations: bytes of a layer, how many layers keep them, and bytes outside', () => {
  // 16 h + 8 + 4 a d + 4 k d + 4 a + 8 f bytes a token, and 24, with h 64, a 4, k 2, d 16, f 128
  const layer = 64 * (16 * 64 + 8 + 4 * 64 + 4 * 32 + 16 + 8 * 128) + 24;
  const suite = (...rows) => rowsOf({ 'configs/a.json': trained, 'oracle/training/saved_activations.csv': savedHeader + rows.join('') }).rows.saved_activations;
  const both = { layers: '0-1', count: '2' };
  const right = [
    savedRow('layer', layer, both), savedRow('shared_by_layers', 2 * 2 * 64 * 16), savedRow('outside:norm', 64 * (6 * 64 + 4)),
    savedRow('outside:lm_head', 64 * 2 * 64), savedRow('outside:loss', 64 * (4 * 96 + 8) + 8 + 4), savedRow('input', 8 * 64),
  ];
  assert.deepEqual(counts(suite(...right)), [6, 6, null, 0, 0, 0]);
  assert.deepEqual(counts(suite(savedRow('layer', layer + 1, both), savedRow('layer', layer, { layers: '0-2', count: '3' }), savedRow('outside:norm', 1))),
    [3, 0, null, 3, 0, 0]);
  assert.deepEqual(counts(suite(savedRow('layer', layer, { ...both, attention: 'sdpa_cudnn' }), savedRow('outside:gate', 1))), [2, 0, null, 0, 0, 2]);
});

test('step peaks: the first step has no states before it steps', () => {
  const header = 'config,model_type,layers,batch,seq,precision,optimizer,attention,checkpointing,lora,output_held,mask,accum,moment,bytes\n';
  const row = (moment, bytes) => `a.json,llama,2,1,64,bf16,adamw_fused,sdpa,off,,False,none,1,${moment},${bytes}\n`;
  const suite = (...rows) => rowsOf({ 'configs/a.json': trained, 'oracle/training/step_peaks.csv': header + rows.join('') }).rows.step_peaks;
  const parameters = 80192 * 2, states = 2 * parameters + 4 * 20, standing = 16 * 64 + 64; // a batch, and rotary frequencies
  const right = [
    row('step1:before_forward', parameters + standing), row('step2:before_forward', parameters + states + standing),
    row('step1:after_backward', 2 * parameters + standing), row('step1:after_zero_grad', parameters + states + standing),
  ];
  assert.deepEqual(counts(suite(...right)), [4, 4, 0, 0, 0, 0]);
  const near = [row('step1:before_forward', Math.round((parameters + standing) * 1.004)), row('step2:before_forward', parameters + standing)];
  assert.deepEqual(counts(suite(...near)), [2, 0, 1, 1, 0, 0]);
});

test('measured runs: the median and the 90th percentile are judged, each row is printed, the others have their reasons', () => {
  const header = 'id,hf_config_hint,model,mode,precision,optimizer,batch,seq,dp,tp,pp,zero,gpu,lora_rank,measured_gib,unit_note,notes\n';
  const row = (id, gib, gpu = '1x L40S') =>
    `${id},meta-llama/Llama-3.2-3B,Llama,full,bf16,AdamW,4,<= 768,1,,,,${gpu},,${gib},GiB,targets None\n`;
  const suite = (...rows) => rowsOf({
    'configs/meta-llama--Llama-3.2-3B.json': trained, 'measurements/training.csv': header + rows.join(''),
  }).rows.training_measurements;
  const far = suite(row('PEFT-004', 1000), row('PEFT-005', 1000, '8x L40S'), row('LK-001', 1));
  assert.deepEqual(counts(far), [4, 0, 0, 2, 0, 2]);
  assert.deepEqual(far.not_covered_reasons, { 'several GPUs': 1, 'a kernel alone': 1 });
  const [, estimated] = /estimated +([0-9.]+) GiB/.exec(far.lines[0]);
  assert.match(far.lines[0], /^PEFT-004 .*reserved .*measured 1000\.00 GiB/);
  assert.ok(Number(estimated) > 0);
});
