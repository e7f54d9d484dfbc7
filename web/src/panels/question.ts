// What the questions of both sides share: one row of fields, more settings below, and what the core has to say of them.

import { type CSSResult, type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { lastStop, stopOf, stopsPerDoubling, tokensAt } from '../charts/scale.ts';
import { defaultGpu, defaultRequest, taskOf } from '../state.ts';
import { Panel, gpuName } from './panel.ts';
import { fields, shared } from './shared.ts';
import './combobox.ts';
import './config-ways.ts';
import './model-field.ts';
import './number-field.ts';

export interface NumberExtras {
  help?: string;
  placeholder?: string;
  /** A sign before the number. */
  sign?: string;
  optional?: boolean;
}

export interface Choice {
  value: string;
  label: string;
  group?: string;
}

export interface Length {
  label: string;
  help: string;
  slider: string;
  /** Whether the reader chose it. */
  changed: boolean;
  tokens: number;
  take: (tokens: number | null) => void;
}

export abstract class Question extends Panel {
  static override properties: PropertyDeclarations = { more: { state: true } };

  static override styles: CSSResult[] = [shared, fields, css`
    form { display: grid; gap: 16px 28px; padding: 12px 0 4px; align-items: start; }
    input[type='range'] { width: 100%; height: 24px; margin: 4px 0 0; accent-color: var(--accent); cursor: pointer; }
    .more { padding: 8px 0 16px; }
    .more, .fields { display: grid; grid-template-columns: repeat(3, minmax(0, 260px)); gap: 16px 32px; }
    .foot { display: flex; flex-wrap: wrap; gap: 0 20px; align-items: flex-start; margin-top: 4px; }
    .notices { list-style: none; margin: 8px 0 0; padding: 0; font-size: var(--t0); color: var(--muted); max-width: 130ch; }
    .notices li { padding: 2px 0; }
    .notices b { font-weight: 600; color: var(--ink); margin-inline-end: 6px; }
    .foot > button { font-size: var(--t0); margin-inline-start: auto; }
    .foot > button.toggle { margin-inline-start: 0; }
    .toggle::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-inline-start: 8px; border: solid;
      border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); }
    .toggle[aria-expanded='true']::after { transform: translateY(0) rotate(225deg); }
    @media (max-width: 1120px) { form { grid-template-columns: repeat(6, minmax(0, 1fr)) !important; } pl-model-field { grid-column: span 4; }
      form > .field, form > pl-combobox, form > pl-number { grid-column: span 2; } }
    @media (max-width: 640px) { form, .more, .fields { grid-template-columns: repeat(2, minmax(0, 1fr)) !important; gap: 8px 24px; } pl-model-field {
      grid-column: span 2; } form > .field, form > pl-combobox, form > pl-number { grid-column: span 1; } }
  `];

  declare more: boolean;

  constructor() {
    super();
    this.more = false;
  }

  /** The fields of the first row, after the model. */
  protected abstract row(): TemplateResult;
  protected abstract settings(): TemplateResult;
  /** What the settings of this side are called, by the end of a notice's place. */
  protected abstract names(): Record<string, string>;

  protected number(label: string, kind: 'tokens' | 'count', value: string, changed: boolean, take: (value: number | null) => void, more: NumberExtras = {}): TemplateResult {
    const { text } = this;
    return html`<pl-number .label=${label} .kind=${kind} .value=${value} .changed=${changed} .of=${this.view.state.request}
      .wrong=${kind === 'tokens' ? text.notANumber : text.notACount} .help=${more.help ?? ''} .placeholder=${more.placeholder ?? ''}
        .sign=${more.sign ?? ''} .optional=${more.optional ?? false}
      @take=${(event: CustomEvent<number | null>) => take(event.detail)}></pl-number>`;
  }

  protected label(name: string, id: string, changed: boolean): TemplateResult {
    return html`<label for=${id}>${name}${changed ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</label>`;
  }

  /** A list to choose from; choices with a group stand together under its name. */
  protected choose(id: string, label: string, changed: boolean, current: string, choices: Choice[], take: (value: string) => void): TemplateResult {
    const option = ({ value, label: name }: Choice): TemplateResult => html`<option value=${value} .selected=${value === current}>${name}</option>`;
    const groups = [...new Set(choices.map(choice => choice.group ?? ''))];
    return html`<div class="field">${this.label(label, id, changed)}
      <select id=${id} @change=${(event: Event) => take((event.target as HTMLSelectElement).value)}>
        ${groups.map(group => {
          const inside = choices.filter(choice => (choice.group ?? '') === group).map(option);
          return group ? html`<optgroup label=${group}>${inside}</optgroup>` : inside;
        })}
      </select></div>`;
  }

  #lengthKey(event: KeyboardEvent, stop: number, max: number, take: (tokens: number) => void): void {
    const target: Record<string, number> = { PageUp: stop + stopsPerDoubling, PageDown: stop - stopsPerDoubling };
    const next = target[event.key];
    if (next === undefined) return;
    event.preventDefault();
    take(tokensAt(Math.max(0, next), max));
  }

  /** The longest sequence the model was made for. */
  protected get longest(): number {
    return this.view.answer?.report.model.max_position_embeddings ?? 131072;
  }

  /** A length of a sequence: typed, or moved along a logarithmic scale. */
  protected length({ label, help, slider, changed, tokens, take }: Length): TemplateResult {
    const { format } = this.view;
    const max = this.longest;
    const stop = stopOf(tokens, max);
    return html`<div class="field">
      ${this.number(label, 'tokens', format.integer(tokens), changed, take, { help })}
      <input type="range" min="0" max=${lastStop(max)} step="1" .value=${live(String(stop))} aria-label=${slider}
        aria-valuetext=${`${format.integer(tokens)} ${this.text.contextUnit}`}
        @keydown=${(event: KeyboardEvent) => this.#lengthKey(event, stop, max, take)}
        @input=${(event: Event) => take(tokensAt(Number((event.target as HTMLInputElement).value), max))} /></div>`;
  }

  protected device(): TemplateResult {
    const { text } = this;
    const { state, catalog } = this.view;
    const gpu = state.request.device?.gpu ?? defaultGpu;
    const options = [...catalog.gpus.values()].map(({ id, name, marketed_memory, vendor, aliases }) => (
      { value: id, label: name, detail: marketed_memory, group: text.vendors[vendor] ?? vendor, also: aliases.join(' ') }));
    return html`<pl-combobox .label=${text.gpu} .placeholder=${text.gpuHint} .empty=${text.noMatch} .options=${options} .value=${gpu}
        .shown=${gpuName(this.view, gpu)} .changed=${gpu !== defaultGpu}
        @take=${(event: CustomEvent<string>) => this.sendRequest(request => {
          request.device = { gpu: event.detail, device_count: request.device?.device_count ?? 1 };
        })}></pl-combobox>`;
  }

  /** The field a notice speaks of, by the end of its place. */
  #field(where: string): string {
    const last = where.split('.').at(-1) ?? '';
    return this.names()[last] ?? this.text.terms[where]?.name ?? this.text.model;
  }

  #notices(): TemplateResult | typeof nothing {
    const { answer, error, format, state } = this.view;
    const { text } = this;
    const notices = error ? [] : answer?.report.notices ?? [];
    if (notices.length === 0 && state.unknown.length === 0) return nothing;
    return html`<ul class="notices">${notices.map(notice => html`<li><b>${this.#field(notice.where)}</b> ${format.language === 'zh' ? notice.message_zh : notice.message}</li>`)}
      ${state.unknown.length ? html`<li>${text.unknownKeys(state.unknown.map(([key]) => key).join(', '))}</li>` : nothing}</ul>`;
  }

  override render(): TemplateResult {
    const { text } = this;
    return html`<form aria-label=${text.question} @submit=${(event: Event) => event.preventDefault()}>
        <pl-model-field .view=${this.view}></pl-model-field>${this.row()}
      </form>
      <div class="foot">
        <pl-config-ways .view=${this.view}></pl-config-ways>
        <button type="button" class="toggle" aria-expanded=${this.more} @click=${() => { this.more = !this.more; }}>${text.moreSettings}</button>
        <button type="button" @click=${() => this.send({ request: defaultRequest(taskOf(this.view.state)), unknown: [] })}>${text.reset}</button>
      </div>
      ${this.more ? html`<div class="more">${this.settings()}</div>` : nothing}
      ${this.#notices()}`;
  }
}
