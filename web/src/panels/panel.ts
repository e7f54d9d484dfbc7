// What every panel shares: it is given the view, speaks its language, and sends changes up.

import { LitElement, html, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Quantity } from '../format.ts';
import type { Messages } from '../language/index.ts';
import type { InferenceWorkload, OptimizerChoice, TrainingMethod, TrainingWorkload } from '../../../wasm/plimsoll.ts';
import type { Asked, Patch, View } from '../state.ts';

export const changeEvent = 'plimsoll-change';

export class Panel extends LitElement {
  static override properties: PropertyDeclarations = { view: { attribute: false } };

  declare view: View;

  protected get text(): Messages {
    return this.view.text;
  }

  protected send(patch: Patch): void {
    this.dispatchEvent(new CustomEvent<Patch>(changeEvent, { detail: patch, bubbles: true, composed: true }));
  }

  protected sendRequest(change: (request: Asked) => void): void {
    const request = structuredClone(this.view.state.request);
    change(request);
    this.send({ request });
  }

  protected sendWorkload(change: Omit<Partial<InferenceWorkload>, 'kind'> | Omit<Partial<TrainingWorkload>, 'kind'>): void {
    this.sendRequest(request => Object.assign(request.workload, change));
  }

  /** The length of a sequence, as either side calls it. */
  protected sendLength(tokens: number): void {
    const training = this.view.state.request.workload.kind === 'training';
    this.sendWorkload(training ? { sequence_length: tokens } : { max_model_len: tokens });
  }
}

/** A number with its unit set lighter. */
export const quantity = ({ number, unit }: Quantity): TemplateResult =>
  html`<span class="quantity">${number} <span class="unit">${unit}</span></span>`;

/** Format ids as people write them, without the variant: FP8, not FP8 (E4M3). */
export const formatName = (view: View, id: string): string => fullFormatName(view, id).replace(/ \(.*\)$/, '');

/** A format's name with its variant; in the reader's language where the catalogue's has words in it. */
export const fullFormatName = (view: View, id: string): string => view.text.formatNames[id] ?? view.catalog.formats.get(id)?.name ?? view.catalog.quantizations.get(id)?.name ?? id.toUpperCase();

export const gpuName = (view: View, id: string): string => view.catalog.gpus.get(id)?.name ?? id;

/** The term's name in the reader's language; an id the table lacks speaks for itself. */
export const termName = (view: View, id: string): string => view.text.terms[id]?.name ?? id;

export const methodName = (view: View, id: TrainingMethod): string => view.text.training.methods[id];

/** A recipe in the reader's words; one that the tables lack has its own name. */
export const precisionName = (view: View, id: string): string => view.text.training.precisions[id] ?? view.catalog.precisions.get(id)?.name ?? id;

/** An optimizer with the options that change what it keeps. */
export function optimizerName(view: View, choice: OptimizerChoice | null | undefined): string {
  const id = choice?.id ?? '';
  return [view.catalog.optimizers.get(id)?.name ?? id, ...(choice?.options ?? [])].join(view.text.comma);
}
