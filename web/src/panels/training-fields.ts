// What the fields of training share: what is asked, what the stack has anyway, and how a choice is sent.

import { type CSSResult, type TemplateResult, css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { FrozenChoice, LoraChoice, OptimizerChoice, TrainingWorkload } from '../../../wasm/plimsoll.ts';
import { plainTraining, trained } from '../state.ts';
import { type Choice, Question } from './question.ts';

export type Field = Exclude<keyof TrainingWorkload, 'kind' | 'lora' | 'optimizer' | 'teacher' | 'reward_model'>;

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export abstract class TrainingFields extends Question {
  static override styles: CSSResult[] = [...Question.styles, css`
    form { grid-template-columns: minmax(0, 3fr) minmax(0, 1.3fr) minmax(0, 2.5fr) minmax(0, 2.5fr) minmax(0, 1.2fr) minmax(0, 1.7fr) minmax(0, 2.5fr); }
    .more { grid-template-columns: minmax(0, 1fr) !important; gap: 20px; }
    fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
    legend { font-size: var(--t0); font-weight: 600; padding: 0; line-height: 24px; }
    legend button { font-size: var(--t0); font-weight: 400; margin-inline-start: 16px; min-height: 24px; }
    .fields { grid-template-columns: repeat(4, minmax(0, 1fr)); }
    .wide { grid-column: 1 / -1; }
    .words { grid-column: span 2; }
    .checks { display: flex; flex-wrap: wrap; gap: 0 20px; align-items: center; }
    .check { display: inline-flex; gap: 8px; align-items: center; min-height: 36px; cursor: pointer; }
    .check input { width: 24px; height: 24px; margin: 0; accent-color: var(--accent); cursor: pointer; }
    .stack { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 3fr); gap: 8px 32px; align-items: end; }
    .stack p { font-size: var(--t0); color: var(--muted); max-width: 90ch; padding-bottom: 6px; }
    @media (max-width: 640px) { .stack { grid-template-columns: minmax(0, 1fr); } .check { min-height: 44px; } }
  `];

  protected get asked(): TrainingWorkload {
    return trained(this.view.state.request) ?? { kind: 'training' };
  }

  /** What runs: as asked, else as the stack has it. */
  protected get now(): TrainingWorkload {
    const { defaults } = this.view;
    const chosen = Object.entries(this.asked).filter(([, value]) => value !== undefined && value !== null);
    return { ...defaults, ...Object.fromEntries(chosen) as Partial<TrainingWorkload>, kind: 'training' };
  }

  protected get lora(): LoraChoice {
    const chosen = Object.entries(this.asked.lora ?? {}).filter(([, value]) => value !== undefined && value !== null);
    return { ...this.view.defaults?.lora, ...Object.fromEntries(chosen) };
  }

  protected changed(field: Field): boolean {
    return !same(this.asked[field], null) && !same(this.asked[field], this.view.defaults?.[field]);
  }

  /** What is asked of a field while nobody has chosen anything. */
  protected plain(field: Field): unknown {
    return plainTraining(this.asked.stack)[field];
  }

  /** A value that is there anyway is not asked for, so that links stay short. */
  protected set(field: Field, value: unknown): void {
    this.sendWorkload({ [field]: same(value, this.view.defaults?.[field]) ? this.plain(field) : value });
  }

  protected setLora(change: Partial<LoraChoice>): void {
    const chosen = Object.entries({ ...this.asked.lora, ...change }).filter(([key, value]) =>
      !same(value, null) && !same(value, this.view.defaults?.lora?.[key as keyof LoraChoice]));
    const lora = { ...plainTraining(this.asked.stack).lora, ...Object.fromEntries(chosen) };
    this.sendWorkload({ lora: Object.keys(lora).length ? lora : undefined });
  }

  protected changedLora(field: keyof LoraChoice): boolean {
    const asked = this.asked.lora?.[field];
    return !same(asked, null) && !same(asked, this.view.defaults?.lora?.[field]);
  }

  /** Parts that are not trained; nothing left to freeze is nothing asked. */
  protected setFrozen(change: Partial<FrozenChoice>): void {
    const chosen = Object.entries({ ...this.asked.frozen, ...change }).filter(([, value]) => !same(value, null) && !same(value, []) && value !== 0);
    this.sendWorkload({ frozen: chosen.length ? Object.fromEntries(chosen) : undefined });
  }

  /** Names, typed with commas or spaces between them. */
  protected words(id: string, label: string, changed: boolean, now: string[] | null | undefined, hint: string, take: (words: string[]) => void): TemplateResult {
    return html`<div class="field words">${this.label(label, id, changed)}
      <input id=${id} type="text" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder=${hint} .value=${live((now ?? []).join(', '))}
        @change=${(event: Event) => take((event.target as HTMLInputElement).value.split(/[\s,，、]+/u).filter(Boolean))} /></div>`;
  }

  /** Another optimizer, or the same one stepping or keeping otherwise. */
  protected setOptimizer(optimizer: OptimizerChoice): void {
    const usual = this.view.defaults?.optimizer;
    const asUsual = optimizer.id === usual?.id && same(optimizer.options ?? [], usual?.options ?? []) && same(optimizer.rank, usual?.rank)
      && same(optimizer.implementation ?? usual?.implementation, usual?.implementation);
    this.sendWorkload({ optimizer: asUsual ? undefined : optimizer });
  }

  /** A list of values with their names, of which one is taken. */
  protected pick<Value extends string>(field: Field, label: string, names: Record<Value, string>, usual: Value): TemplateResult {
    const now = (this.now[field] as Value | null | undefined) ?? usual;
    const choices: Choice[] = (Object.keys(names) as Value[]).map(value => ({ value, label: names[value] }));
    return this.choose(field.replaceAll('_', '-'), label, this.changed(field), now, choices, value => this.set(field, value));
  }

  /** A setting that is on or off. */
  protected flag(field: Field, label: string): TemplateResult {
    return this.check(label, this.now[field] === true, this.changed(field), checked => this.set(field, checked));
  }

  protected group(title: string, changed: boolean, reset: () => void, content: TemplateResult): TemplateResult {
    return html`<fieldset><legend>${title}${changed ? html`<button type="button" aria-label=${this.text.training.resetGroup(title)}
      @click=${reset}>${this.text.training.reset}</button>` : nothing}</legend>${content}</fieldset>`;
  }

  protected check(label: TemplateResult | string, checked: boolean, changed: boolean, take: (checked: boolean) => void): TemplateResult {
    return html`<label class="check"><input type="checkbox" .checked=${checked} @change=${(event: Event) => take((event.target as HTMLInputElement).checked)} />
      <span>${label}</span>${changed ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</label>`;
  }
}
