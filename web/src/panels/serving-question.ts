// The question of serving, in one row: model, weight format, context, sequences, KV format, GPU and count.

import { type TemplateResult, css, html } from 'lit';
import { defaultGpu, served } from '../state.ts';
import type { InferenceWorkload } from '../../../wasm/plimsoll.ts';
import { formatGroup, formatGroups } from './format-groups.ts';
import { formatName, fullFormatName } from './panel.ts';
import { Question } from './question.ts';

export class ServingQuestion extends Question {
  static override styles = [...Question.styles, css`
    form { grid-template-columns: minmax(0, 3.3fr) minmax(0, 2.2fr) minmax(0, 2.2fr) minmax(0, 1.1fr) minmax(0, 2.2fr) minmax(0, 2.5fr) minmax(0, 0.8fr); }
  `];

  get #asked(): InferenceWorkload {
    return served(this.view.state.request) ?? { kind: 'inference' };
  }

  get #resolved(): InferenceWorkload | null {
    const { answer } = this.view;
    return answer ? served(answer.report.request) : null;
  }

  protected override names(): Record<string, string> {
    const { text } = this;
    return {
      weight_format: text.weights, max_model_len: text.context, max_num_seqs: text.sequences, kv_cache_dtype: text.kvCache, value_cache_dtype: text.valueCache, gpu: text.gpu,
      device_count: text.count, tensor_parallel_size: text.count, attention: text.attention, prompt_tokens: text.promptTokens, engine: text.engine,
    };
  }

  #formats(id: string, label: string, list: string[], current: string | null | undefined, own: string | null | undefined, take: (value: string | null) => void): TemplateResult {
    const automatic = { value: '', label: this.text.automatic(own && !current ? formatName(this.view, own) : '') };
    const formats = list.map(value => ({ value, label: fullFormatName(this.view, value) }));
    return this.choose(id, label, Boolean(current), current ?? '', [automatic, ...formats], value => take(value || null));
  }

  /** Recipes with the bits and bytes that this model's weights take in each, once the core was asked. */
  #weights(): TemplateResult {
    const { text, view } = this;
    const asked = view.state.request.weight_format ?? '';
    const own = view.answer?.report.request.weight_format;
    const of = new Map(view.recipes.map((row, index) => [index === 0 ? '' : row.resolved, row]));
    const named = (id: string, name: string): string => {
      const row = of.get(id);
      if (!row || id === asked) return name;  // what is chosen is said below, where there is room
      return row.error ? `${name} · ${text.formats.notThisModel}`
        : `${name} · ${text.formats.bitsOf(view.format.bits(row.millibits_per_parameter))} · ${view.format.columnText(row.weights_bytes)}`;
    };
    const choices = view.catalog.weightRecipes.map(value => ({ value, label: named(value, fullFormatName(view, value)), group: formatGroup(view, of.get(value)) }));
    const names = formatGroups(view);
    const sorted = choices.toSorted((a, b) => names.indexOf(a.group) - names.indexOf(b.group));
    const automatic = { value: '', label: named('', text.automatic(own && !asked ? formatName(view, own) : '')) };
    const row = of.get(asked);
    return html`<div>${this.choose('weights', text.weights, Boolean(asked), asked, [automatic, ...sorted], value => this.sendRequest(next => { next.weight_format = value || null; }))}
      <div class="notice figure">${row && !row.error ? text.formats.bitsPerWeight(view.format.bits(row.millibits_per_parameter)) : '\u00a0'}</div></div>`;
  }

  #context(): TemplateResult {
    const { text } = this;
    const chosen = this.#asked.max_model_len;
    return this.length({
      label: text.context, help: text.contextHelp, slider: text.contextSlider, changed: typeof chosen === 'number', tokens: chosen ?? this.#resolved?.max_model_len ?? this.longest,
      take: tokens => this.sendWorkload({ max_model_len: tokens }),
    });
  }

  #count(): TemplateResult {
    const { device } = this.view.state.request;
    const count = device?.device_count ?? 1;
    return this.number(this.text.count, 'count', this.view.format.integer(count), count !== 1,
      value => this.sendRequest(request => { request.device = { gpu: device?.gpu ?? defaultGpu, device_count: value }; }), { sign: '×' });
  }

  protected override settings(): TemplateResult {
    const { text } = this;
    const { engine } = this.view.state.request;
    const { attention = 'sdpa', prompt_tokens: prompt, value_cache_dtype: values } = this.#asked;
    const keys = this.#resolved?.kv_cache_dtype;
    const sameAsKeys = { value: '', label: text.sameAsKeys(keys ? formatName(this.view, keys) : '') };
    const formats = this.view.catalog.cacheFormats.map(value => ({ value, label: fullFormatName(this.view, value) }));
    return html`
      <div>${this.choose('values', text.valueCache, Boolean(values), values ?? '', [sameAsKeys, ...formats], value => this.sendWorkload({ value_cache_dtype: value || null }))}
        <div class="notice">${text.valueCacheHelp}</div></div>
      ${this.choose('attention', text.attention, attention !== 'sdpa', attention, (['sdpa', 'eager'] as const).map(value => ({ value, label: text.attentions[value] })),
        value => this.sendWorkload({ attention: value as 'sdpa' | 'eager' }))}
      <div>${this.number(text.promptTokens, 'tokens', prompt ? this.view.format.integer(prompt) : '', Boolean(prompt),
        value => this.sendWorkload({ prompt_tokens: value }), { placeholder: text.promptTokensHint, optional: true, help: text.promptTokensHelp })}
        <div class="notice">${text.promptTokensHelp}</div></div>
      ${this.choose('engine', text.engine, Boolean(engine), engine ?? 'transformers', [...this.view.catalog.engines].map(([value, { name }]) => ({ value, label: name })),
        value => this.sendRequest(request => { request.engine = value; }))}`;
  }

  protected override row(): TemplateResult {
    const { text } = this;
    const { kv_cache_dtype: cache, max_num_seqs: sequences = 1 } = this.#asked;
    return html`
      ${this.#weights()}
      ${this.#context()}
      ${this.number(text.sequences, 'count', this.view.format.integer(sequences), sequences !== 1, value => this.sendWorkload({ max_num_seqs: value ?? 1 }))}
      ${this.#formats('kv', text.kvCache, this.view.catalog.cacheFormats, cache, this.#resolved?.kv_cache_dtype, value => this.sendWorkload({ kv_cache_dtype: value }))}
      ${this.device()}${this.#count()}`;
  }
}

customElements.define('pl-serving-question', ServingQuestion);
