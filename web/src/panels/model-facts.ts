// What was read from the model: its counts and the kinds of its layers.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { Panel, formatName } from './panel.ts';
import { shared } from './shared.ts';

export class ModelFacts extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    .name { margin-top: 4px; color: var(--muted); font-size: var(--t0); overflow-wrap: anywhere; }
    dl { margin: 16px 0 0; }
    dl div { display: flex; justify-content: space-between; gap: 16px; padding: 6px 0; border-top: 1px solid var(--rule); }
    dt { color: var(--muted); }
    dd { margin: 0; font-variant-numeric: tabular-nums; text-align: end; }
    table { font-size: var(--t0); }
  `];

  #kind(kind: string): string {
    return kind.split(' + ').map(part => this.text.kindNames[part] ?? part.replaceAll('_', ' ')).join(' + ');
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    if (!answer) return html``;
    const { model } = answer.report;
    const { facts } = text;
    const rows: [string, string][] = [[facts.parameters, format.integer(model.parameter_count)]];
    if (model.active_parameter_count !== model.parameter_count) rows.push([facts.active, format.integer(model.active_parameter_count)]);
    if (model.mtp_parameter_count > 0) rows.push([facts.mtp, format.integer(model.mtp_parameter_count)]);
    if (model.tied_parameter_count > 0) rows.push([facts.tied, format.integer(model.tied_parameter_count)]);
    rows.push(
      [facts.type, model.model_type],
      [facts.layers, format.integer(model.num_hidden_layers)],
      [facts.hidden, format.integer(model.hidden_size)],
      [facts.heads, `${format.integer(model.num_attention_heads)} / ${format.integer(model.num_key_value_heads)}`],
      [facts.headDim, format.integer(model.head_dim)],
      [facts.vocabulary, format.integer(model.vocab_size)],
      [facts.longest, format.integer(model.max_position_embeddings)],
      [facts.dtype, model.dtype ? formatName(this.view, model.dtype) : '—'],
    );
    const windows = model.layer_kinds.some(kind => kind.sliding_window !== null);
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.modelFacts}</h2><p class="name">${model.name}</p>
      <dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <h3 id="kinds">${text.layerKinds}</h3>
      <table aria-labelledby="kinds"><thead><tr><th scope="col">${text.kind}</th>
        <th scope="col" class="end">${facts.layers}</th>${windows ? html`<th scope="col" class="end">${text.window}</th>` : nothing}
        <th scope="col" class="end">${text.perToken}</th></tr></thead>
        <tbody>${model.layer_kinds.map(kind => html`<tr><th scope="row">${this.#kind(kind.kind)}</th><td class="end">${format.integer(kind.count)}</td>
          ${windows ? html`<td class="end">${kind.sliding_window === null ? text.wholeContext : format.integer(kind.sliding_window)}</td>` : nothing}
          <td class="end">${format.integer(kind.kv_elements_per_token)}</td></tr>`)}</tbody></table>
    </section>`;
  }
}

customElements.define('pl-model-facts', ModelFacts);
