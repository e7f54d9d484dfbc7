// Which model: a preset, or only a size. Configs come in through pl-config-ways and from anywhere on the page.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { isDefaultModel } from '../state.ts';
import type { Option } from './combobox.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';
import './combobox.ts';

const size = /^\d[\d.,]*\s*(?:[bmkt]|亿|e\d+)/i;

export class ModelField extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    .facts { font-size: var(--t0); color: var(--muted); line-height: 1.4; margin-top: 6px; font-variant-numeric: tabular-nums; }
  `];

  #options(): Option[] {
    return [...this.view.catalog.models.values()].map(({ id, name, aliases }) => ({ value: id, label: name, group: id.split('/')[0] ?? '', also: aliases?.join(' ') ?? '' }));
  }

  #sizes(query: string): Option[] {
    return size.test(query) ? [{ value: `size:${query}`, label: this.text.useSize(query), group: this.text.sizesGroup }] : [];
  }

  #take(value: string): void {
    this.sendRequest(request => {
      request.model = value.startsWith('size:') ? { parameter_count: value.slice(5) } : { preset: value };
    });
  }

  #shown(): string {
    const { origin, request: { model } } = this.view.state;
    if (model.preset) return this.view.catalog.models.get(model.preset)?.name ?? model.preset;
    if (model.parameter_count) return this.text.sized(model.parameter_count);
    return model.checkpoint?.name && !model.config ? model.checkpoint.name : origin?.repository ?? this.text.yourConfig;
  }

  #facts(): TemplateResult | typeof nothing {
    const { answer, error, format, text } = this.view;
    if (!answer || error) return nothing;
    const { model } = answer.report;
    const parts = [
      text.summary.parameters(format.count(model.parameter_count)),
      ...(model.active_parameter_count < model.parameter_count ? [text.summary.active(format.count(model.active_parameter_count))] : []),
      text.summary.layers(format.integer(model.num_hidden_layers)),
    ];
    return html`<div class="facts">${parts.join(' · ')}</div>`;
  }

  override render(): TemplateResult {
    const { text } = this;
    const { model } = this.view.state.request;
    return html`
      <pl-combobox .label=${text.model} .placeholder=${text.modelHint} .empty=${text.noMatch} .options=${this.#options()}
        .extra=${(query: string) => this.#sizes(query)}
        .value=${model.preset ?? ''} .shown=${this.#shown()} .changed=${!isDefaultModel(model)}
        @take=${(event: CustomEvent<string>) => this.#take(event.detail)}></pl-combobox>
      ${this.#facts()}`;
  }
}

customElements.define('pl-model-field', ModelField);
