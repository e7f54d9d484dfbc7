// Full or quantised: what the rules say is saved, and what this model saves, of its weights and of all that is needed.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { FormatMatrix, FormatRow } from '../../../wasm/plimsoll.ts';
import { Panel, formatName, gpuName, quantity } from './panel.ts';
import { shared } from './shared.ts';

/** The same formats twice: for the settings as they are, and for the model's whole context. */
export interface Loading {
  now: FormatMatrix;
  longest: FormatMatrix;
}

export const loadingFormats = (dtype: string): string[] => [...new Set(['fp32', dtype, 'bnb_int8', 'gptq_int8_g128', 'gptq_int4_g128', 'nf4_double_quant'])];

export class FullOrQuantised extends Panel {
  static override properties: PropertyDeclarations = { loading: { attribute: false } };

  static override styles = [shared, css`
    h3 { font-size: var(--t1); color: var(--ink); margin: 40px 0 0; }
    table { margin-top: 12px; max-width: 1000px; }
    ul { margin: 12px 0 0; padding: 0; list-style: none; max-width: 90ch; }
    li { padding: 2px 0 2px 12px; text-indent: -12px; }
    li::before { content: '· '; color: var(--muted); }
    .part { display: none; }
    @media (max-width: 760px) {
      table, tbody { display: block; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 16px; padding: 12px 0; border-top: 1px solid var(--rule); }
      tr > * { border: 0 !important; padding: 0 !important; text-align: start !important; }
      tr > th { grid-column: 1 / -1; }
      .part { display: block; font-size: var(--t0); color: var(--muted); }
    }
  `];

  declare loading: Loading | null;

  constructor() {
    super();
    this.loading = null;
  }

  /** A saving as people write it: −48.1 %. What grows has a plus. */
  #saved(permille: number): string {
    const share = this.view.format.share(Math.abs(permille), 1000);
    return permille === 0 ? share : `${permille > 0 ? '−' : '+'}${share}`;
  }

  #row(row: FormatRow): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const { columns } = text.formats.loading;
    const cell = (name: string, value: TemplateResult | string): TemplateResult => html`<td class="end"><span class="part">${name}</span>${value}</td>`;
    const dtype = formatName(this.view, this.loading!.now.dtype);
    const found = row.cells[0];
    return html`<tr><th scope="row">${formatName(this.view, row.resolved)}</th>
      ${cell(columns.claimed, row.claimed_permille === null ? '—' : this.#saved(row.claimed_permille))}
      ${cell(columns.ofFp32, this.#saved(row.saved_of_fp32_permille))}${cell(columns.ofDtype(dtype), this.#saved(row.saved_of_dtype_permille))}
      ${cell(columns.ofNeeded(dtype), this.#saved(row.saved_of_needed_permille))}${cell(text.columns.needed, quantity(format.column(row.needed_bytes)))}
      ${found ? cell(columns.longest, found.longest_context.value > 0 ? format.integer(found.longest_context.value) : text.formats.cell.none) : nothing}</tr>`;
  }

  #facts({ now, longest }: Loading): string[] {
    const { format } = this.view;
    const { loading } = this.text.formats;
    const row = (all: FormatMatrix, id: string): FormatRow | undefined => all.rows.find(each => each.resolved === id && !each.error);
    const [full, small, wide] = [row(now, now.dtype), row(now, 'gptq_int4_g128') ?? row(now, 'nf4_double_quant'), row(longest, now.dtype)];
    if (!full || !small || !wide) return [];
    const facts = [
      loading.shrinks(format.text(full.weights_bytes), format.text(small.weights_bytes), format.text(full.kv_cache_bytes)),
      loading.cache(format.integer(this.view.answer!.report.model.max_position_embeddings), format.text(wide.kv_cache_bytes),
        wide.kv_cache_bytes > small.weights_bytes),
    ];
    const [before, after] = [full.cells[0], small.cells[0]];
    if (before && after) {
      const tokens = (value: number): string => (value > 0 ? loading.upTo(format.integer(value)) : this.text.formats.cell.none);
      facts.push(loading.hardware(gpuName(this.view, before.gpu), formatName(this.view, now.dtype), tokens(before.longest_context.value),
        tokens(after.longest_context.value)));
    }
    return facts;
  }

  override render(): TemplateResult {
    const { loading, text } = this;
    if (!loading || !this.view.answer) return html``;
    const { columns, title, intro } = text.formats.loading;
    const [, ...rows] = loading.now.rows;
    const dtype = formatName(this.view, loading.now.dtype);
    const gpu = rows[0]?.cells[0]?.gpu;
    return html`<h3 id="loading">${title}</h3><p class="intro">${intro}</p>
      <table aria-labelledby="loading"><thead><tr><th scope="col">${text.formats.format}</th>
        ${[columns.claimed, columns.ofFp32, columns.ofDtype(dtype), columns.ofNeeded(dtype), text.columns.needed]
          .map(name => html`<th scope="col" class="end">${name}</th>`)}
        ${gpu ? html`<th scope="col" class="end">${columns.longest}</th>` : nothing}</tr></thead>
        <tbody>${rows.filter(row => !row.error).map(row => this.#row(row))}</tbody></table>
      <ul>${this.#facts(loading).map(fact => html`<li>${fact}</li>`)}</ul>`;
  }
}

customElements.define('pl-full-or-quantised', FullOrQuantised);
