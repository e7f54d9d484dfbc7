// What the reader has chosen: one Request and how it is shown. Every change goes through Store.update.

import type { FileSize, FormatMatrix, FormatRow, InferenceWorkload, ModelChoice, PlimsollError, Ranking, Report, Request, RuleTable, TrainingWorkload } from '../../wasm/plimsoll.ts';
import type { Catalog } from './catalog.ts';
import type { Format, Unit } from './format.ts';
import type { Progress } from './headers/reading.ts';
import type { Language, Messages } from './language/index.ts';
import type { Loading } from './panels/full-or-quantised.ts';

export type Theme = 'auto' | 'light' | 'dark';

export type Workload = InferenceWorkload | TrainingWorkload;
/** The two questions of the page: does it serve, does it train. */
export type Task = Workload['kind'];

/** A request as the page holds it: what it asks of which model is always there, the rest where it was chosen. */
export interface Asked extends Request {
  model: ModelChoice;
  workload: Workload;
}

/** What one side of the page asks beside the model and the GPU, which both sides share. */
export interface Side {
  workload: Workload;
  weight_format?: string | null;
  engine?: string;
  device_count?: number | null;
}

/** The hub that a model was fetched from, and at which commit. */
export interface Origin {
  host: string;
  repository: string;
  commit: string;
}

export interface State {
  request: Asked;
  /** Where the model came from, as long as it is the model. */
  origin: Origin | null;
  /** The other side's settings while this one is shown. */
  aside: Side;
  /** null: follow the browser. */
  language: Language | null;
  theme: Theme;
  unit: Unit;
  /** A file whose header is being read. */
  reading: Progress | null;
  /** Why files could not be read; the request is still the one before. */
  fileError: PlimsollError | null;
  /** Keys of a link that this page does not know; kept, so that a newer link survives. */
  unknown: [string, string][];
}

/** The last answer of the core that was not an error. */
export interface Answer {
  request: Asked;
  report: Report;
  ranking: Ranking | null;
  /** True when a wrong link left nothing to show but the default. */
  fallback: boolean;
}

/** Everything a panel may draw from. Panels are functions of this. */
export interface View {
  state: State;
  answer: Answer | null;
  error: PlimsollError | null;
  catalog: Catalog;
  text: Messages;
  format: Format;
  version: string;
  /** The report of the answer as the core wrote it, for keeping. */
  reportText: () => string;
  /** The rules' own table of model sizes, beside the exact weights. */
  ruleTable: RuleTable | null;
  /** What the chosen stack starts a training run with, where nothing else is asked. */
  defaults: TrainingWorkload | null;
  /** Weight formats for the model, what it takes by itself first; empty until the settings rest. */
  recipes: FormatRow[];
  /** Formats beside cards, for the settings of the answer. */
  matrix: (weightFormats: string[], gpus: string[]) => FormatMatrix | null;
  /** From the files on disk to the weights in memory, for the settings of the answer. */
  fileSize: () => FileSize | null;
  /** What is saved in narrower formats, for the settings of the answer. */
  loading: () => Loading | null;
  /** Names of the model's linear layers, for adapters to be put on. */
  modules: () => string[];
}

export type Patch = Partial<State>;

export const defaultPreset = 'meta-llama/Llama-3.1-8B';
export const defaultGpu = 'nvidia/rtx-4090';

/** What the page starts a training run with while no stack is chosen; a chosen stack brings its own. */
const trainingStart = (): Omit<TrainingWorkload, 'kind'> => ({
  micro_batch_size: 1, sequence_length: 2048, precision: 'bf16', recompute_granularity: 'full', lora: { r: 16, target_modules: ['all-linear'] },
});

/** A training run of which nothing is asked, of a stack or of none. */
export const plainTraining = (stack?: string | null): TrainingWorkload => (stack ? { kind: 'training', stack } : { kind: 'training', ...trainingStart() });

const plainSide = (task: Task): Side => ({ workload: task === 'training' ? plainTraining() : { kind: task } });

const sideOf = ({ workload, weight_format, engine, device }: Asked): Side => ({ workload, weight_format, engine, device_count: device?.device_count });

/** A request of one side. One step of training runs on one device. */
export const requestOf = (side: Side, model: ModelChoice, gpu: string): Asked => ({
  model,
  ...(side.weight_format ? { weight_format: side.weight_format } : {}),
  ...(side.engine ? { engine: side.engine } : {}),
  workload: side.workload,
  device: { gpu, device_count: side.workload.kind === 'training' ? 1 : side.device_count ?? 1 },
});

export const defaultRequest = (task: Task): Asked => requestOf(plainSide(task), { preset: defaultPreset }, defaultGpu);

export const defaultState = (): State => ({
  request: defaultRequest('inference'),
  aside: plainSide('training'),
  origin: null,
  language: null,
  theme: 'auto',
  unit: 'GiB',
  reading: null,
  fileError: null,
  unknown: [],
});

export const isDefaultModel = (model: ModelChoice): boolean => model.preset === defaultPreset;

export const taskOf = (state: State): Task => state.request.workload.kind;

/** The settings of one side, whether it is shown or not. */
export const sideFor = (state: State, task: Task): Side => (taskOf(state) === task ? sideOf(state.request) : state.aside);

/** Shows the other side with the settings it had. */
export function switchTask(state: State, task: Task): Patch {
  if (taskOf(state) === task) return {};
  const { request, aside } = state;
  return { request: requestOf(aside, request.model, request.device?.gpu ?? defaultGpu), aside: sideOf(request) };
}

/** Takes a request of either side; the settings of the side that is left are kept. */
export const goTo = (state: State, request: Asked): Patch =>
  request.workload.kind === taskOf(state) ? { request } : { request, aside: sideOf(state.request) };

export const served = (request: Request): InferenceWorkload | null => (request.workload?.kind === 'inference' ? request.workload : null);
export const trained = (request: Request): TrainingWorkload | null => (request.workload?.kind === 'training' ? request.workload : null);

/** The training settings in which two requests differ. */
export function differing(before: TrainingWorkload, after: TrainingWorkload): (keyof TrainingWorkload)[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof TrainingWorkload)[]);
  return [...keys].filter(key => JSON.stringify(before[key] ?? null) !== JSON.stringify(after[key] ?? null));
}

function takeTraining(next: Asked, before: TrainingWorkload, after: TrainingWorkload, weightFormat: string | null | undefined): void {
  const changed = differing(before, after);
  for (const key of changed) Object.assign(next.workload, { [key]: after[key] });
  // Trained weights have their recipe's format, a quantised base has one of its own.
  if (changed.includes('method') || changed.includes('precision')) delete next.weight_format;
  else if (after.method === 'qlora' && weightFormat) next.weight_format = weightFormat;
}

/** The reader's request with what a change changes, and nothing else: defaults stay defaults. */
export function withChange(request: Asked, change: { request: Request }, before: Request): Asked {
  const after = change.request;
  const next = structuredClone(request);
  if (after.device?.gpu !== before.device?.gpu || after.device?.device_count !== before.device?.device_count) next.device = after.device;
  const [trainedBefore, trainedAfter] = [trained(before), trained(after)];
  if (trainedBefore && trainedAfter) takeTraining(next, trainedBefore, trainedAfter, after.weight_format === before.weight_format ? null : after.weight_format);
  const [from, to] = [served(before), served(after)];
  const workload = served(next);
  if (!from || !to || !workload) return next;
  if (after.weight_format !== before.weight_format) next.weight_format = after.weight_format;
  if (to.kv_cache_dtype !== from.kv_cache_dtype) workload.kv_cache_dtype = to.kv_cache_dtype;
  if (to.max_num_seqs !== from.max_num_seqs) workload.max_num_seqs = to.max_num_seqs;
  if (to.max_model_len !== from.max_model_len) {
    workload.max_model_len = to.max_model_len;
    workload.prompt_tokens = null;
  }
  return next;
}

const sameModel = (a: ModelChoice, b: ModelChoice): boolean =>
  a.preset === b.preset && a.config === b.config && a.parameter_count === b.parameter_count && a.checkpoint?.name === b.checkpoint?.name
  && a.checkpoint?.tensor_bytes === b.checkpoint?.tensor_bytes;

export class Store {
  #state: State;
  readonly #listeners: ((state: State) => void)[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  subscribe(listener: (state: State) => void): void {
    this.#listeners.push(listener);
  }

  update(patch: Patch): void {
    // Another question ends what was said of files, another model where it came from.
    const other = patch.request && !sameModel(patch.request.model, this.#state.request.model);
    this.#state = { ...this.#state, ...(patch.request ? { reading: null, fileError: null } : {}), ...(other ? { origin: null } : {}), ...patch };
    for (const listener of this.#listeners) listener(this.#state);
  }
}
