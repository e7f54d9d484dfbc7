// The highest moment of a step on one rank, as Megatron-LM's own functional tests record it, less what stands from step to step.
import { compareNumber, failed, notCovered } from '../case.mjs';
import { report } from '../programs.mjs';

const file = 'measurements/training.csv';
const tolerance = 0.03;
const GiB = 2 ** 30;

/** "L=12;h=512;ff=4h" as an object. */
const hints = text => Object.fromEntries(text.split(';').map(part => part.split('=', 2)));
const steadyOf = ({ notes }) => Number(/steady allocated after step [^=]*= ([0-9.]+) GiB/.exec(notes)?.[1]);
const dropout = ({ notes }, what) => Number(new RegExp(`${what}=([0-9.]+)`).exec(notes)?.[1] ?? 0);

/** Why a row is left out, if it is. */
function leftOut(row) {
  const model = hints(row.hf_config_hint);
  if (row.hf_config_hint.includes('hybrid')) return 'layers of a state-space model';
  if (row.tp !== '1' || row.pp !== '1') return 'a layer or the layers are divided over ranks';
  if (!model.L || model.act !== 'gelu' || model.kv !== model.a) return 'not a GPT of plain layers';
  if (!row.grad_ckpt.startsWith('none') && !row.grad_ckpt.startsWith('full')) return 'parts of a layer computed anew';
  return Number.isNaN(steadyOf(row)) ? 'what stands from step to step is not recorded' : undefined;
}

/** Megatron-LM's local attention is unfused; Transformer Engine by itself takes FlashAttention before Hopper and cuDNN from then on. */
function attentionOf({ framework, attention, gpu }) {
  if (attention === 'unfused' || framework.includes('local')) return 'eager';
  return attention === 'flash' || gpu.startsWith('A100') ? 'flash_attention_2' : 'sdpa';
}

/** A GPT of Megatron-LM in the words of GPT-2's config; its vocabulary is padded to a multiple of 128. */
function configOf(row) {
  const { L, h, a, V } = hints(row.hf_config_hint);
  const words = Math.ceil(Number(/[0-9]{4,}/.exec(V)[0]) / 128) * 128;
  const hidden = dropout(row, 'hidden');
  return JSON.stringify({
    model_type: 'gpt2', n_layer: Number(L), n_embd: Number(h), n_head: Number(a), n_positions: Number(row.seq), vocab_size: words,
    activation_function: 'gelu_new', attn_pdrop: dropout(row, 'attn'), resid_pdrop: hidden, embd_pdrop: hidden,
  });
}

const request = row => ({
  model: { config: configOf(row) },
  workload: {
    kind: 'training', method: 'full', kernels: 'transformer_engine', precision: 'bf16_master', attention: attentionOf(row), optimizer: { id: 'torch-adamw' },
    sequence_length: Number(row.seq), micro_batch_size: Number(/mbs=([0-9]+)/.exec(row.batch)[1]),
    recompute_granularity: row.grad_ckpt.startsWith('full') ? 'full' : 'none',
  },
});

/** The batch comes and goes with the step in a measurement. */
const dynamicOf = ({ tree }) => ['moments', 'buffers'].reduce((sum, id) => sum + tree.children.find(child => child.id === id).bytes, 0);

async function cases(folder) {
  const rows = folder.csv(file).filter(({ id }) => id.startsWith('MLM-'));
  const asked = rows.filter(row => !leftOut(row));
  const outcomes = await report(asked.map(request), dynamicOf);
  const found = new Map(asked.map((row, i) => [row, outcomes[i]]));
  return rows.map(row => {
    const name = `${row.id} ${row.model}`, outcome = found.get(row);
    if (!outcome) return notCovered(name, leftOut(row));
    if (!outcome.ok) return failed(name, outcome.error);
    return compareNumber(name, Math.round((Number(row.measured_gib) - steadyOf(row)) * GiB), outcome.value, tolerance);
  });
}

export const suites = [{ name: 'megatron_goldens', needs: [file], tolerance, cases }];
