// What the reader has chosen: one Request and how it is shown. Every change goes through Store.update.

import type { Change, InferenceWorkload, ModelChoice, PlimsollError, Ranking, Report, Request, RuleTable } from '../../wasm/plimsoll.ts';
import type { Catalog } from './catalog.ts';
import type { Format, Unit } from './format.ts';
import type { Language, Messages } from './language/index.ts';

export type Theme = 'auto' | 'light' | 'dark';

/** A request as the page holds it: what it asks of which model is always there, the rest where it was chosen. */
export interface Asked extends Request {
  model: ModelChoice;
  workload: InferenceWorkload;
}

export interface State {
  request: Asked;
  /** null: follow the browser. */
  language: Language | null;
  theme: Theme;
  unit: Unit;
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
}

export type Patch = Partial<State>;

export const defaultPreset = 'meta-llama/Llama-3.1-8B';
export const defaultGpu = 'nvidia/rtx-4090';

export const defaultRequest = (): Asked => ({
  model: { preset: defaultPreset },
  workload: { kind: 'inference' },
  device: { gpu: defaultGpu, device_count: 1 },
});

export const defaultState = (): State => ({
  request: defaultRequest(),
  language: null,
  theme: 'auto',
  unit: 'GiB',
  unknown: [],
});

export const isDefaultModel = (model: ModelChoice): boolean => model.preset === defaultPreset;

/** The reader's request with what a change changes, and nothing else: defaults stay defaults. */
export function withChange(request: Asked, change: Change, before: Request): Asked {
  const after = change.request;
  const next = structuredClone(request);
  if (after.weight_format !== before.weight_format) next.weight_format = after.weight_format;
  if (after.device?.gpu !== before.device?.gpu || after.device?.device_count !== before.device?.device_count) next.device = after.device;
  const [from, to] = [before.workload, after.workload];
  if (to?.kv_cache_dtype !== from?.kv_cache_dtype) next.workload.kv_cache_dtype = to?.kv_cache_dtype;
  if (to?.max_num_seqs !== from?.max_num_seqs) next.workload.max_num_seqs = to?.max_num_seqs;
  if (to?.max_model_len !== from?.max_model_len) {
    next.workload.max_model_len = to?.max_model_len;
    next.workload.prompt_tokens = null;
  }
  return next;
}

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
    this.#state = { ...this.#state, ...patch };
    for (const listener of this.#listeners) listener(this.#state);
  }
}
