// The question, in one row: model, weight format, context, sequences, KV format, GPU and count.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { lastStop, stopOf, stopsPerDoubling, tokensAt } from '../charts/scale.ts';
import { defaultGpu, defaultRequest } from '../state.ts';
import { Panel, formatName, fullFormatName, gpuName } from './panel.ts';
import { fields, shared } from './shared.ts';
import './combobox.ts';
import './config-ways.ts';
import './model-field.ts';
import './number-field.ts';

interface NumberExtras {
  help?: string;
  placeholder?: string;
  /** A sign before the number. */
  sign?: string;
  optional?: boolean;
}

export class Question extends Panel {
  static override properties: PropertyDeclarations = { more: { state: true } };

  static override styles = [shared, fields, css`
    form { display: grid;
      grid-template-columns: minmax(0, 3.3fr) minmax(0, 2.2fr) minmax(0, 2.2fr) minmax(0, 1.1fr) minmax(0, 2.2fr) minmax(0, 2.5fr) minmax(0, 0.8fr);
      gap: 16px 28px; padding: 12px 0 4px; align-items: start; }
    input[type='range'] { width: 100%; height: 24px; margin: 4px 0 0; accent-color: var(--accent); cursor: pointer; }
    .more { display: grid; grid-template-columns: repeat(3, minmax(0, 260px)); gap: 16px 32px; padding: 8px 0 16px; }
    .foot { display: flex; flex-wrap: wrap; gap: 0 20px; align-items: flex-start; margin-top: 4px; }
    .notices { list-style: none; margin: 8px 0 0; padding: 0; font-size: var(--t0); color: var(--muted); max-width: 130ch; }
    .notices li { padding: 2px 0; }
    .notices b { font-weight: 600; color: var(--ink); margin-inline-end: 6px; }
    .foot > button { font-size: var(--t0); margin-inline-start: auto; }
    .foot > button.toggle { margin-inline-start: 0; }
    .toggle::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-inline-start: 8px; border: solid;
      border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); }
    .toggle[aria-expanded='true']::after { transform: translateY(0) rotate(225deg); }
    @media (max-width: 1120px) { form { grid-template-columns: repeat(6, minmax(0, 1fr)); } pl-model-field { grid-column: span 4; }
      .field, pl-combobox, pl-number { grid-column: span 2; } }
    @media (max-width: 640px) { form, .more { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 24px; } pl-model-field {
      grid-column: span 2; } .field, pl-combobox, pl-number { grid-column: span 1; } }
  `];

  declare more: boolean;

  constructor() {
    super();
    this.more = false;
  }

  #number(label: string, kind: 'tokens' | 'count', value: string, changed: boolean, take: (value: number | null) => void, more: NumberExtras = {}): TemplateResult {
    const { text } = this;
    return html`<pl-number .label=${label} .kind=${kind} .value=${value} .changed=${changed} .of=${this.view.state.request}
      .wrong=${kind === 'tokens' ? text.notANumber : text.notACount} .help=${more.help ?? ''} .placeholder=${more.placeholder ?? ''}
        .sign=${more.sign ?? ''} .optional=${more.optional ?? false}
      @take=${(event: CustomEvent<number | null>) => take(event.detail)}></pl-number>`;
  }

  /** The field a notice speaks of, by the end of its place. */
  #field(where: string): string {
    const { text } = this;
    const fields: Record<string, string> = {
      weight_format: text.weights, max_model_len: text.context, max_num_seqs: text.sequences, kv_cache_dtype: text.kvCache, gpu: text.gpu,
      device_count: text.count, tensor_parallel_size: text.count, attention: text.attention, prompt_tokens: text.promptTokens, engine: text.engine,
    };
    const last = where.split('.').at(-1) ?? '';
    return fields[last] ?? text.terms[where]?.name ?? text.model;
  }

  #notices(): TemplateResult | typeof nothing {
    const { answer, error, format, state } = this.view;
    const { text } = this;
    const notices = error ? [] : answer?.report.notices ?? [];
    if (notices.length === 0 && state.unknown.length === 0) return nothing;
    return html`<ul class="notices">${notices.map(notice => html`<li><b>${this.#field(notice.where)}</b> ${format.language === 'zh' ? notice.message_zh : notice.message}</li>`)}
      ${state.unknown.length ? html`<li>${text.unknownKeys(state.unknown.map(([key]) => key).join(', '))}</li>` : nothing}</ul>`;
  }

  #label(name: string, id: string, changed: boolean): TemplateResult {
    return html`<label for=${id}>${name}${changed ? html`<span class="changed" title=${this.text.changed}></span>` : nothing}</label>`;
  }

  #formats(id: string, label: string, list: string[], current: string | null | undefined, own: string, take: (value: string | null) => void): TemplateResult {
    return html`<div class="field">${this.#label(label, id, Boolean(current))}
      <select id=${id} @change=${(event: Event) => take((event.target as HTMLSelectElement).value || null)}>
        <option value="" .selected=${!current}>${own}</option>
        ${list.map(format => html`<option value=${format} .selected=${format === current}>${fullFormatName(this.view, format)}</option>`)}
      </select></div>`;
  }

  #contextKey(event: KeyboardEvent, stop: number, max: number): void {
    const target: Record<string, number> = { PageUp: stop + stopsPerDoubling, PageDown: stop - stopsPerDoubling };
    const next = target[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.sendWorkload({ max_model_len: tokensAt(Math.max(0, next), max) });
  }

  #context(): TemplateResult {
    const { text } = this;
    const { state, answer, format } = this.view;
    const max = answer?.report.model.max_position_embeddings ?? 131072;
    const chosen = state.request.workload.max_model_len;
    const tokens = chosen ?? answer?.report.request.workload?.max_model_len ?? max;
    const stop = stopOf(tokens, max);
    return html`<div class="field">
      ${this.#number(text.context, 'tokens', format.integer(tokens), typeof chosen === 'number',
        value => this.sendWorkload({ max_model_len: value }), { help: text.contextHelp })}
      <input type="range" min="0" max=${lastStop(max)} step="1" .value=${live(String(stop))} aria-label=${text.contextSlider}
        aria-valuetext=${`${format.integer(tokens)} ${text.contextUnit}`}
        @keydown=${(event: KeyboardEvent) => this.#contextKey(event, stop, max)}
        @input=${(event: Event) => this.sendWorkload({ max_model_len: tokensAt(Number((event.target as HTMLInputElement).value), max) })} /></div>`;
  }

  #device(): TemplateResult {
    const { text } = this;
    const { state, catalog, format } = this.view;
    const device = state.request.device ?? { gpu: defaultGpu, device_count: 1 };
    const gpu = device.gpu ?? defaultGpu;
    const options = [...catalog.gpus.values()].map(({ id, name, marketed_memory, vendor, aliases }) => (
      { value: id, label: name, detail: marketed_memory, group: text.vendors[vendor] ?? vendor, also: aliases.join(' ') }));
    return html`<pl-combobox .label=${text.gpu} .placeholder=${text.gpuHint} .empty=${text.noMatch} .options=${options} .value=${gpu}
        .shown=${gpuName(this.view, gpu)} .changed=${gpu !== defaultGpu}
        @take=${(event: CustomEvent<string>) => this.sendRequest(request => { request.device = { gpu: event.detail, device_count: device.device_count ?? 1 }; })}></pl-combobox>
      ${this.#number(text.count, 'count', format.integer(device.device_count ?? 1), (device.device_count ?? 1) !== 1,
        value => this.sendRequest(request => { request.device = { gpu, device_count: value }; }), { sign: '×' })}`;
  }

  #moreSettings(): TemplateResult {
    const { text } = this;
    const { workload, engine } = this.view.state.request;
    const { engines } = this.view.catalog;
    const attention = workload.attention ?? 'sdpa';
    return html`<div class="more">
      <div class="field">${this.#label(text.attention, 'attention', attention !== 'sdpa')}
        <select id="attention" @change=${(event: Event) => this.sendWorkload({ attention: (event.target as HTMLSelectElement).value as 'sdpa' | 'eager' })}>
          ${(['sdpa', 'eager'] as const).map(value => html`<option value=${value}
            .selected=${value === attention}>${text.attentions[value]}</option>`)}</select></div>
      <div>${this.#number(text.promptTokens, 'tokens', workload.prompt_tokens ? this.view.format.integer(workload.prompt_tokens) : '', Boolean(workload.prompt_tokens),
        value => this.sendWorkload({ prompt_tokens: value }), { placeholder: text.promptTokensHint, optional: true, help: text.promptTokensHelp })}
        <div class="notice">${text.promptTokensHelp}</div></div>
      <div class="field">${this.#label(text.engine, 'engine', Boolean(engine))}
        <select id="engine" @change=${(event: Event) => this.sendRequest(request => { request.engine = (event.target as HTMLSelectElement).value; })}>
          ${[...engines].map(([id, { name }]) => html`<option value=${id} .selected=${id === (engine ?? 'transformers')}>${name}</option>`)}</select></div>
    </div>`;
  }

  override render(): TemplateResult {
    const { text } = this;
    const { state, answer, catalog } = this.view;
    const { request } = state;
    const resolved = answer?.report.request;
    const kv = request.workload.kv_cache_dtype;
    const named = (id: string | null | undefined): string => text.automatic(id ? formatName(this.view, id) : '');
    const sequences = request.workload.max_num_seqs ?? 1;
    return html`<form aria-label=${text.question} @submit=${(event: Event) => event.preventDefault()}>
        <pl-model-field .view=${this.view}></pl-model-field>
        ${this.#formats('weights', text.weights, catalog.weightFormats, request.weight_format, named(request.weight_format ? null : resolved?.weight_format),
          value => this.sendRequest(next => { next.weight_format = value; }))}
        ${this.#context()}
        ${this.#number(text.sequences, 'count', this.view.format.integer(sequences), sequences !== 1, value => this.sendWorkload({ max_num_seqs: value ?? 1 }))}
        ${this.#formats('kv', text.kvCache, catalog.cacheFormats, kv, named(kv ? null : resolved?.workload?.kv_cache_dtype), value => this.sendWorkload({ kv_cache_dtype: value }))}
        ${this.#device()}
      </form>
      <div class="foot">
        <pl-config-ways .view=${this.view}></pl-config-ways>
        <button type="button" class="toggle" aria-expanded=${this.more} @click=${() => { this.more = !this.more; }}>${text.moreSettings}</button>
        <button type="button" @click=${() => this.send({ request: defaultRequest(), unknown: [] })}>${text.reset}</button>
      </div>
      ${this.more ? this.#moreSettings() : nothing}
      ${this.#notices()}`;
  }
}

customElements.define('pl-question', Question);
