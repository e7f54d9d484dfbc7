// What the reader has chosen: one Request and how it is shown. Every change goes through Store.update.

import type { PlimsollError, Ranking, Report, Request } from '../../wasm/plimsoll.ts';
import type { Catalog } from './catalog.ts';
import type { Format, Unit } from './format.ts';
import type { Language, Messages } from './language/index.ts';

export type Theme = 'auto' | 'light' | 'dark';

export interface State {
  request: Request;
  /** null: follow the browser. */
  language: Language | null;
  theme: Theme;
  unit: Unit;
  /** Keys of a link that this page does not know; kept, so that a newer link survives. */
  unknown: [string, string][];
}

/** The last answer of the core that was not an error. */
export interface Answer {
  request: Request;
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
}

export type Patch = Partial<State>;

export const defaultPreset = 'meta-llama/Llama-3.1-8B';
export const defaultGpu = 'nvidia/rtx-4090';

export const defaultRequest = (): Request => ({
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

/** The same model, told apart by what names it. */
export const sameModel = (a: Request['model'], b: Request['model']): boolean => JSON.stringify(a) === JSON.stringify(b);

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
