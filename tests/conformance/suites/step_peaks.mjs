// Bytes allocated at each moment of the first and of the second training step.
import { compareNumber, failed, named, notCovered } from '../case.mjs';
import { configText, pickStep, reportRows, targetModules } from '../training_rows.mjs';

const file = 'oracle/training/step_peaks.csv';
const tolerance = 0.005;

const ways = { foreach: 'foreach', forloop: 'for_loop', fused: 'fused' };

/** "sgd_momentum_forloop": torch steps in foreach where nothing is said. */
function optimizerOf(name) {
  const way = ways[name.split('_').at(-1)] ?? 'foreach';
  return { id: `torch-${name.split('_')[0]}`, implementation: way, options: name.includes('momentum') ? ['momentum'] : [] };
}

const inFp32 = row => row.lora.startsWith('accelerate');
const keptLogits = row => (row.output_held !== 'True' ? 'none' : inFp32(row) ? 'output_fp32' : 'output');

/** "peft r=16 qv dropout=0.05 adapters fp32" */
function adaptersOf({ lora, model_type: family }) {
  const [, r, targets, dropout, dtype] = /^peft r=(\d+) (\S+) dropout=(\S+) adapters (\S+)$/.exec(lora);
  return { r: Number(r), target_modules: targetModules(family, targets), lora_dropout: Number(dropout) > 0, adapter_dtype: dtype };
}

/** The first micro batch of a step finds no gradients. */
const accumulated = row => (row.moment.includes('.micro1:') ? 1 : Number(row.accum));

function request(folder, row) {
  const config = configText(folder, row.config, Number(row.layers));
  const adapted = row.lora.startsWith('peft');
  return config && {
    model: { config },
    workload: {
      kind: 'training', gradient_clipping: false, method: adapted ? 'lora' : 'full', sequence_length: Number(row.seq), micro_batch_size: Number(row.batch),
      gradient_accumulation_steps: accumulated(row), precision: row.precision === 'amp' ? 'amp_bf16' : row.precision,
      attention: row.attention, optimizer: optimizerOf(row.optimizer), kept_logits: keptLogits(row),
      recompute_granularity: row.checkpointing === 'off' ? 'none' : 'full', use_reentrant: row.checkpointing === 'reentrant',
      padded: row.mask !== 'none', ...(adapted ? { lora: adaptersOf(row), enable_input_require_grads: false } : {}),
    },
  };
}

const moment = id => (step, when) => step.moments[`moment.${id}`][when];
/** At the end of forward the whole output is there, whether it is held on to or not; accelerate has made FP32 logits beside it. */
function withOutput(step, when, row) {
  const held = keptLogits(row) === 'none' ? 0 : step.keptLogits;
  return moment('loss')(step, when) - held + step.logits + (inFp32(row) ? 4 * step.logitElements : 0);
}
/** Inside the context accelerate has not seen the output yet, and the cast weights are there. */
const inAutocast = (step, when, row) => withOutput(step, when, { ...row, lora: '' }) + step.copies;

/** After the optimizer's step gradients and states are there: as at the end of a later backward. */
const moments = {
  before_forward: moment('before_forward'), forward: moment('forward_peak'), after_forward: moment('loss'),
  end_of_forward_output_held: withOutput,
  end_of_forward_output_held_in_autocast: inAutocast,
  backward: moment('backward_peak'), after_backward: moment('end_of_backward'), clip_grad_norm: moment('end_of_backward'),
  optimizer_step: moment('optimizer_step'), after_optimizer_step: step => moment('end_of_backward')(step, 'later'),
  after_zero_grad: moment('after_step'),
};

const nameOf = row => [row.config, `${row.layers} layers`, `${row.batch} x ${row.seq}`, row.precision, row.optimizer, row.attention,
  row.mask === 'none' ? '' : 'padded', row.checkpointing, row.lora, row.output_held === 'True' ? 'output held' : '',
  row.accum === '1' ? '' : `${row.accum} micro batches`, row.moment].filter(Boolean).join(' ');

/** What is not modelled. */
const gap = ({ model_type: type, moment: when }) => (['mixtral', 'gpt_oss'].includes(type) && when.endsWith(':backward')
  ? { reason: 'gradients inside stacked experts', most: 0.031 } : undefined);

function judge(row, outcome) {
  const name = nameOf(row);
  if (outcome === null) return notCovered(name, 'no such file in configs');
  if (!outcome.ok) return failed(name, outcome.error);
  const [step, what] = row.moment.split(':');
  return named(compareNumber(name, Number(row.bytes), moments[what](outcome.value, step.startsWith('step1') ? 'first' : 'later', row), tolerance), gap(row));
}

async function cases(folder) {
  const rows = folder.csv(file);
  const outcomes = await reportRows(rows, row => request(folder, row), pickStep);
  return rows.map((row, i) => judge(row, outcomes[i]));
}

export const suites = [{ name: 'step_peaks', needs: [file, 'configs'], tolerance, cases }];
