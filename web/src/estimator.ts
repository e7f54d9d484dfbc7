// Asks the core. An answer takes well under a millisecond, so the page asks at once and waits for nothing.

import { loadCatalog, loadCore, loadSources } from 'virtual:core';
import {
  type FileSize, type FormatMatrix, type FormatRow, type InspectedTensor, type ModelSummary, type Outcome, type Plimsoll, type Ranking, type Report, type Request, type TrainingWorkload, openPlimsoll,
} from '../../wasm/plimsoll.ts';
import { type Asked, type Workload, plainTraining, trained } from './state.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { type Loading, loadingFormats } from './panels/full-or-quantised.ts';

/** One point of the curve: a context length and what it needs. */
export interface CurvePoint {
  tokens: number;
  bytes: number;
}

const withLength = (workload: Workload, tokens: number): Workload =>
  workload.kind === 'training' ? { ...workload, sequence_length: tokens } : { ...workload, max_model_len: tokens, prompt_tokens: null };

/** Layers that PEFT's "all-linear" takes: matrices of attention and feed-forward blocks, neither embedding nor head. */
const linearRole = /^(attention|latent|mlp|expert|shared_expert)_(q|k|v|qkv|o|q_a|q_b|kv_a|kv_b|gate|up|gate_up|down)$/;

function moduleOf({ name, role, shape, apart }: InspectedTensor): string | null {
  const match = /([^.]+)\.weight$/.exec(name);
  return match?.[1] && linearRole.test(role) && shape.length === 2 && (apart ?? 'no') === 'no' ? match[1] : null;
}

export class Estimator {
  #defaultsOf = '';
  #defaults: TrainingWorkload | null = null;
  #modulesOf = '';
  #modules: string[] = [];
  #recipesOf = '';
  #recipes: FormatRow[] = [];

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

  /** Each weight format for this model, what the model takes by itself first: bits and bytes, no devices. */
  recipes({ model, engine }: Asked): FormatRow[] {
    const asked = JSON.stringify([model, engine ?? null]);
    if (asked !== this.#recipesOf) {
      const outcome = this.core.formatMatrix({ request: { model, ...(engine ? { engine } : {}), workload: { kind: 'inference' } } });
      this.#recipes = outcome.ok ? outcome.value.rows : [];
      this.#recipesOf = asked;
    }
    return this.#recipes;
  }

  /** Formats beside cards, what the model takes by itself first. */
  matrix(request: Asked, weightFormats: string[], gpus: string[]): FormatMatrix | null {
    const outcome = this.core.formatMatrix({ request: { ...request, weight_format: null }, weight_formats: weightFormats, gpus });
    return outcome.ok ? outcome.value : null;
  }

  /** From the files on disk to the weights in memory. */
  fileSize(request: Request): FileSize | null {
    const outcome = this.core.fileSize(request);
    return outcome.ok ? outcome.value : null;
  }

  /** What is saved in narrower formats, for the settings as they are and for the longest context. */
  loading(request: Asked, { dtype, max_position_embeddings: longest }: ModelSummary): Loading | null {
    const formats = loadingFormats(['fp32', 'bf16', 'fp16'].includes(dtype) ? dtype : 'bf16');
    const now = this.matrix(request, formats, request.device?.gpu ? [request.device.gpu] : []);
    const whole = this.matrix({ ...request, workload: withLength(request.workload, longest) }, formats, []);
    return now && whole ? { now, longest: whole } : null;
  }

  /** What the chosen stack and method start with: the core's answer where nothing else is asked. */
  defaults({ model, workload }: Asked): TrainingWorkload | null {
    if (workload.kind !== 'training') return null;
    const { stack, method } = workload;
    const request: Request = { model, workload: { ...plainTraining(stack), ...(method ? { method } : {}) } };
    const asked = JSON.stringify(request);
    if (asked !== this.#defaultsOf) {
      const outcome = this.core.report(request);
      this.#defaults = outcome.ok ? trained(outcome.value.request) : null;
      this.#defaultsOf = asked;
    }
    return this.#defaults;
  }

  /** Names of the linear layers that adapters can be put on, in the order of the model. */
  modules({ model }: Asked): string[] {
    const asked = JSON.stringify(model);
    if (asked !== this.#modulesOf) {
      const outcome = this.core.inspectModel({ model });
      const names = outcome.ok ? outcome.value.tensors.flatMap(tensor => moduleOf(tensor) ?? []) : [];
      this.#modules = [...new Set(names)];
      this.#modulesOf = asked;
    }
    return this.#modules;
  }

  /** Needed memory at each length of a sequence, everything else unchanged. */
  curve(request: Asked, lengths: number[]): CurvePoint[] {
    return lengths.flatMap(tokens => {
      const outcome = this.core.totals({ ...request, workload: withLength(request.workload, tokens) });
      return outcome.ok ? [{ tokens, bytes: outcome.value.needed_bytes }] : [];
    });
  }
}

export async function openEstimator(): Promise<Estimator> {
  const { plimsoll, catalogText } = await openPlimsoll(loadCore, loadCatalog);
  return new Estimator(readCatalog(catalogText, loadSources), plimsoll.version(), plimsoll);
}
