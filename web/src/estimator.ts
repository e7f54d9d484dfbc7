// Asks the core. An answer takes well under a millisecond, so the page asks at once and waits for nothing.

import { loadCatalog, loadCore } from 'virtual:core';
import { type Outcome, type Plimsoll, type Ranking, type Report, type Request, openPlimsoll } from '../../wasm/plimsoll.ts';
import type { Asked } from './state.ts';
import { type Catalog, readCatalog } from './catalog.ts';

/** One point of the curve: a context length and what it needs. */
export interface CurvePoint {
  tokens: number;
  bytes: number;
}

export class Estimator {
  constructor(
    readonly catalog: Catalog,
    readonly version: string,
    readonly core: Plimsoll,
  ) {}

  report(request: Request): Outcome<Report> {
    return this.core.report(request);
  }

  ranking(request: Request): Ranking | null {
    const outcome = this.core.rankDevices(request);
    return outcome.ok ? outcome.value : null;
  }

  /** Needed memory at each context length, everything else unchanged. */
  curve(request: Asked, lengths: number[]): CurvePoint[] {
    return lengths.flatMap(tokens => {
      const outcome = this.core.totals({ ...request, workload: { ...request.workload, max_model_len: tokens, prompt_tokens: null } });
      return outcome.ok ? [{ tokens, bytes: outcome.value.needed_bytes }] : [];
    });
  }
}

export async function openEstimator(): Promise<Estimator> {
  const { plimsoll, catalogText } = await openPlimsoll(loadCore, loadCatalog);
  return new Estimator(readCatalog(catalogText), plimsoll.version(), plimsoll);
}
