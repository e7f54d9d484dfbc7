// The training side's part of the address: one short key for each setting, in a fixed order.
// &t=training&ft=qlora&st=trl&pr=bf16&op=bitsandbytes-adamw-8bit+paged&s=4096&mb=2&r=64

import type { FrozenChoice, LoraChoice, OptimizerChoice, TrainingWorkload } from '../../wasm/plimsoll.ts';
import { parseCount, parseTokens } from './format.ts';
import { type Side, plainTraining } from './state.ts';

type Pair = [key: string, value: string];
type Value = string | number | boolean | string[] | null | undefined;

interface Kind {
  write: (value: Value) => string;
  read: (text: string) => Value;
}

const word: Kind = { write: String, read: text => text };
const count: Kind = { write: String, read: text => parseCount(text) ?? undefined };
const tokens: Kind = { write: String, read: text => parseTokens(text) ?? undefined };
const flag: Kind = { write: value => (value ? '1' : '0'), read: text => text === '1' };
const list: Kind = { write: value => (value as string[]).join(','), read: text => text.split(',').filter(Boolean) };

type Plain = Exclude<keyof TrainingWorkload, 'kind' | 'optimizer' | 'lora' | 'frozen' | 'teacher' | 'reward_model'>;

const plainKeys: [key: string, field: Plain, kind: Kind][] = [
  ['ft', 'method', word], ['st', 'stack', word], ['pr', 'precision', word], ['s', 'sequence_length', tokens], ['mb', 'micro_batch_size', count],
  ['ga', 'gradient_accumulation_steps', count], ['ta', 'attention', word], ['rc', 'recompute_granularity', word],
  ['rm', 'recompute_method', word], ['rn', 'recompute_num_layers', count], ['rp', 'recompute_modules', list], ['ao', 'activation_offloading', word],
  ['lo', 'loss', word], ['gc', 'gradient_clipping', flag], ['re', 'use_reentrant', flag],
  ['kl', 'kept_logits', word], ['pad', 'padded', flag], ['k', 'kernels', word], ['ir', 'enable_input_require_grads', flag],
  ['oj', 'objective', word], ['mc', 'max_completion_length', tokens], ['pk', 'packing', flag], ['ib', 'optimizer_in_backward', flag],
];

const loraKeys: [key: string, field: keyof LoraChoice, kind: Kind][] = [
  ['r', 'r', count], ['tm', 'target_modules', list], ['tp', 'target_parameters', list], ['ms', 'modules_to_save', list], ['ld', 'lora_dropout', flag], ['do', 'use_dora', flag],
  ['ad', 'adapter_dtype', word],
];

/** torch-adamw/fused+amsgrad: the id, how it steps, and its options. */
function writeOptimizer({ id, implementation, options }: OptimizerChoice): string {
  return `${id}${implementation ? `/${implementation}` : ''}${(options ?? []).map(option => `+${option}`).join('')}`;
}

function readOptimizer(text: string): OptimizerChoice {
  const [name = '', ...options] = text.split(/[+ ]/);
  const [id = '', implementation] = name.split('/');
  return { id, ...(implementation ? { implementation } : {}), ...(options.length ? { options } : {}) };
}

export function trainingPairs({ workload, weight_format }: Side): Pair[] {
  if (workload.kind !== 'training') return [];
  const pairs: Pair[] = [];
  const start: TrainingWorkload = { method: 'lora', ...plainTraining(workload.stack), stack: undefined };
  const add = (key: string, kind: Kind, value: Value): void => {
    if (value !== undefined && value !== null) pairs.push([key, kind.write(value)]);
  };
  for (const [key, field, kind] of plainKeys) {
    if (workload[field] !== start[field]) add(key, kind, workload[field]);
    if (key !== 'pr') continue;
    if (workload.optimizer) pairs.push(['op', writeOptimizer(workload.optimizer)]);
    add('ork', count, workload.optimizer?.rank);
    add('ob', count, workload.optimizer?.block_size);
  }
  for (const [key, field, kind] of loraKeys) {
    if (String(workload.lora?.[field]) !== String(start.lora?.[field])) add(key, kind, workload.lora?.[field]);
  }
  add('fm', list, workload.frozen?.modules);
  add('fl', count, workload.frozen?.first_layers);
  add('te', word, workload.teacher?.preset);
  add('rw', word, workload.reward_model?.preset);
  add('qw', word, weight_format);
  return pairs;
}

type Read = (side: Side, text: string) => void;

const training = (side: Side): TrainingWorkload => side.workload as TrainingWorkload;
const optimizer = (side: Side): OptimizerChoice => (training(side).optimizer ??= {});
const frozen = (side: Side): FrozenChoice => (training(side).frozen ??= {});
const lora = (side: Side): LoraChoice => (training(side).lora ??= {});

const readers: Record<string, Read> = {
  ...Object.fromEntries(plainKeys.map(([key, field, kind]): [string, Read] =>
    [key, (side, text) => void Object.assign(training(side), { [field]: kind.read(text) })])),
  ...Object.fromEntries(loraKeys.map(([key, field, kind]): [string, Read] =>
    [key, (side, text) => void Object.assign(lora(side), { [field]: kind.read(text) })])),
  op: (side, text) => void Object.assign(optimizer(side), readOptimizer(text)),
  ork: (side, text) => void Object.assign(optimizer(side), { rank: parseCount(text) }),
  ob: (side, text) => void Object.assign(optimizer(side), { block_size: parseCount(text) }),
  fm: (side, text) => void Object.assign(frozen(side), { modules: list.read(text) }),
  fl: (side, text) => void Object.assign(frozen(side), { first_layers: parseCount(text) }),
  te: (side, text) => void (training(side).teacher = { preset: text }),
  rw: (side, text) => void (training(side).reward_model = { preset: text }),
  qw: (side, text) => void (side.weight_format = text),
};

export const trainingKeys = Object.keys(readers);

/** The training side that a link describes: what its stack starts with, and on top of it what is said. */
export function readTraining(said: Map<string, string>): Side {
  const side: Side = { workload: plainTraining(said.get('st')) };
  for (const [key, text] of said) readers[key]?.(side, text);
  return side;
}
