// Highest memory of published training runs on one GPU: how far the estimate is, at the level that each row measured.
import { failed, notCovered, within, wrong } from '../case.mjs';
import { report } from '../programs.mjs';

const file = 'measurements/training.csv';
const limits = { median: 0.05, '90th percentile': 0.15 };
const GiB = 2 ** 30;

/** A row is used where the source states method, batch and length, and a stack here runs the same code. Others are left out by reason. */
class LeftOut {
  constructor(reason) { this.reason = reason; }
}

const configs = {
  'meta-llama/Llama-3.2-3B': 'meta-llama--Llama-3.2-3B.json', 'Qwen/Qwen2.5-7B-Instruct': 'Qwen--Qwen2.5-7B-Instruct.json',
  'meta-llama/Llama-2-7b-hf': 'meta-llama--Llama-2-7b-hf.json', 'meta-llama/Llama-2-7b': 'meta-llama--Llama-2-7b-hf.json',
};

/** Sources that are no peak of a whole run of a language model, by the first part of their ids. */
const notWholeRuns = {
  LK: 'a kernel alone', UN: 'a capacity statement, extrapolated', TRL: 'a loss alone', OVH: 'no model', PITH: 'no model', ML: 'one layer, in units',
  CARD: 'several GPUs', SNW: 'several GPUs', MBR: 'several GPUs', TT: 'several GPUs', FQ: 'several GPUs', DS: 'several GPUs', MG: 'several GPUs',
  MB: 'several GPUs, or no model named', HF: 'an encoder', GAL: 'settings incomplete',
};
const otherCode = {
  LG: 'litgpt: its own model code', QW: 'the first Qwen: code of its own repository', AX: 'axolotl: a fused cross-entropy, packed samples',
  AM: 'an average over several GPUs', MLM: 'Megatron-LM',
};

const onSeveral = row => [row.dp, row.tp, row.pp].some(size => !['', '1'].includes(size)) || /^\s*([2-9]|\d\d+)x? /.test(row.gpu) || row.zero !== '';

const numbersIn = text => [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));

/** "8 (q,v)", "32 all-linear", and for PEFT the names in the notes. */
function targetsOf(row) {
  const named = /targets \[(.*?)\]/.exec(row.notes)?.[1];
  if (named) return [...named.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  if (/all-linear|all layers/.test(`${row.lora_rank} ${row.notes}`)) return ['all-linear'];
  if (/q,v|targets QV/.test(`${row.lora_rank} ${row.notes}`)) return ['q_proj', 'v_proj'];
  return new LeftOut('adapters\' targets not stated');
}

function adapted(row) {
  const targets = targetsOf(row);
  return targets instanceof LeftOut ? targets : { r: numbersIn(row.lora_rank)[0], target_modules: targets, use_dora: row.mode.includes('dora') };
}

const plainMethods = { full: 'full', lora: 'lora', 'lora dora': 'lora', qlora: 'qlora' };

/** PEFT's method comparison: its loop holds on to the output; samples of a batch have unequal lengths. */
const peft = row => ({
  stack: 'transformers', sequence_length: numbersIn(row.seq).at(-1), micro_batch_size: Number(row.batch), precision: 'bf16', attention: 'sdpa',
  recompute_granularity: 'none', kept_logits: 'output', padded: true, optimizer: { id: 'torch-adamw' },
  ...(row.mode === 'full' ? {} : { lora: { lora_dropout: false, adapter_dtype: 'fp32', ...adapted(row) } }), level: 'reserved',
});

/** Samples are cut at the length that the script states. These scripts are older than Trainer's fused default of torch 2.8: torch's own
 * AdamW steps in foreach. */
function swift(row) {
  if (/awq|hqq/.test(row.precision)) return new LeftOut('a quantisation that the catalogue lacks');
  return {
    stack: 'ms-swift', sequence_length: numbersIn(row.seq)[0], micro_batch_size: 1, gradient_accumulation_steps: numbersIn(row.batch)[1],
    recompute_granularity: 'full', optimizer: { id: 'torch-adamw', implementation: 'foreach' },
    ...(row.mode === 'full' ? {} : { lora: adapted(row) }), level: 'device',
  };
}

const torchtuneOptimizers = {
  AdamW: { id: 'torch-adamw', implementation: 'foreach' }, 'AdamW foreach bf16': { id: 'torch-adamw', implementation: 'foreach' },
  'AdamW non-foreach bf16': { id: 'torch-adamw', implementation: 'for_loop' }, 'SGD bf16': { id: 'torch-sgd' },
  'AdamW fused bf16': { id: 'torch-adamw', implementation: 'fused' }, 'bnb 8-bit AdamW': { id: 'bitsandbytes-adamw-8bit' },
  'torchao 8-bit AdamW': { id: 'torchao-adamw-8bit' }, 'torchao 4-bit AdamW': { id: 'torchao-adamw-4bit' },
};

/** Alpaca's longest sample under Llama 2's tokenizer, as the litgpt rows of the same file state it. */
const alpacaLongest = 1304;

function torchtune(row) {
  const optimizer = torchtuneOptimizers[row.optimizer];
  if (!optimizer) return new LeftOut('an optimizer that steps in backward');
  if (!row.model.startsWith('Llama-2')) return new LeftOut('sequence length not stated');
  return {
    stack: 'torchtune', sequence_length: alpacaLongest, micro_batch_size: numbersIn(row.batch)[0] ?? 2, gradient_accumulation_steps: 1, precision: 'bf16',
    recompute_granularity: 'full', optimizer, ...(row.mode === 'full' ? {} : { lora: adapted(row) }), level: 'allocated',
  };
}

const sources = { PEFT: peft, SW: swift, TUNE: torchtune, AO: torchtune };

/** Bytes of a row's number, as its own note has the unit: 2^30 where it says GiB, 10^9 where it says no more than GB. torchao's table was
 * printed by torchtune, which divides by 2^30, though the file took 10^9. */
function measuredBytes(row) {
  if (row.id.startsWith('AO')) return Number(/^([\d.]+) GB/.exec(row.unit_note)[1]) * GiB;
  return Number(row.measured_gib) * (/^GB as printed|^'G' as/.test(row.unit_note) && !/uses GiB/.test(row.unit_note) ? 1e9 : GiB);
}

/** What is asked for a row, or why nothing is. */
function question(folder, row) {
  const [prefix] = row.id.split('-');
  if (notWholeRuns[prefix]) return new LeftOut(notWholeRuns[prefix]);
  if (onSeveral(row)) return new LeftOut('several GPUs');
  if (otherCode[prefix]) return new LeftOut(otherCode[prefix]);
  if (row.hf_config_hint.startsWith('timm/')) return new LeftOut('a vision model');
  if (!plainMethods[row.mode]) return new LeftOut(`a method that is not modelled: ${row.mode}`);
  const config = configs[row.hf_config_hint];
  if (!config || !folder.has('configs', config)) return new LeftOut('settings incomplete, or no such model here');
  const asked = sources[prefix](row);
  if (asked instanceof LeftOut) return asked;
  if (asked.lora instanceof LeftOut) return asked.lora;
  const { level, ...workload } = asked;
  const training = { kind: 'training', method: plainMethods[row.mode], ...workload };
  return { level, request: { model: { config: folder.text('configs', config) }, workload: training } };
}

const levels = { allocated: 'allocated_bytes', reserved: 'reserved_bytes', device: 'device_bytes' };

function lineOf(row, level, measured, ours) {
  const share = `${((ours / measured - 1) * 100).toFixed(1)} %`;
  return [row.id.padEnd(9), row.mode.padEnd(10), level.padEnd(9), `measured ${(measured / GiB).toFixed(2).padStart(6)} GiB`,
    `estimated ${(ours / GiB).toFixed(2).padStart(6)} GiB`, share.padStart(8)].join('  ');
}

/** The value below which a share of a sorted list lies. */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];

function statistics(differences) {
  if (!differences.length) return [];
  const sorted = [...differences].sort((a, b) => a - b);
  return [['median', 0.5], ['90th percentile', 0.9]].map(([name, share]) => {
    const got = quantile(sorted, share);
    const judge = got <= limits[name] ? within : wrong;
    return judge(`${name} of ${sorted.length} rows`, `at most ${limits[name] * 100} %`, `${(got * 100).toFixed(1)} %`);
  });
}

async function cases(folder) {
  const rows = folder.csv(file).map(row => ({ row, asked: question(folder, row) }));
  const used = rows.filter(({ asked }) => !(asked instanceof LeftOut));
  const outcomes = await report(used.map(({ asked }) => asked.request), ({ training }) => training);
  const answered = used.map((entry, i) => ({ ...entry, outcome: outcomes[i] }));
  const compared = answered.filter(({ outcome }) => outcome.ok).map(({ row, asked, outcome }) => {
    const ours = outcome.value[levels[asked.level]];
    const measured = measuredBytes(row);
    return { difference: Math.abs(ours / measured - 1), line: lineOf(row, asked.level, measured, ours) };
  });
  const [first, ...rest] = statistics(compared.map(({ difference }) => difference));
  return [
    ...(first ? [{ ...first, lines: compared.map(({ line }) => line) }, ...rest] : []),
    ...answered.filter(({ outcome }) => !outcome.ok).map(({ row, outcome }) => failed(row.id, outcome.error)),
    ...rows.filter(({ asked }) => asked instanceof LeftOut).map(({ row, asked }) => notCovered(row.id, asked.reason)),
  ];
}

export const suites = [{ name: 'training_measurements', needs: [file, 'configs'], tolerance: limits['90th percentile'], cases }];
