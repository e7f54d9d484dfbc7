// The GPU catalogue ranked by fit: what each offers, what is needed on it, and how many of it would do.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { RankedDevice } from '../../../wasm/plimsoll.ts';
import { Panel, gpuName, quantity } from './panel.ts';
import { fields, shared } from './shared.ts';
import { verdictGlyph, verdictStyles } from './verdict.ts';

const columns = ['name', 'vendor', 'usable', 'needed', 'headroom', 'outcome', 'devices'] as const;
type Column = (typeof columns)[number];

// All others hold figures and stand on the right.
const words: ReadonlySet<Column> = new Set(['name', 'vendor', 'outcome']);

const shownAtFirst = 12;

export class RankingPanel extends Panel {
  static override properties: PropertyDeclarations = {
    filter: { state: true }, vendor: { state: true }, column: { state: true }, down: { state: true }, all: { state: true },
  };

  static override styles = [shared, fields, verdictStyles, css`
    .head { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: flex-end; justify-content: space-between; }
    .filters { display: flex; gap: 32px; }
    .filters .field { width: 200px; }
    table { margin-top: 16px; }
    thead button { font-size: var(--t0); font-weight: 600; color: var(--muted); white-space: nowrap; }
    thead .end button { text-align: end; }
    th[aria-sort] button { color: var(--ink); }
    th[aria-sort='ascending'] button::after { content: ' ↑'; }
    th[aria-sort='descending'] button::after { content: ' ↓'; }
    tbody tr:hover { background: var(--raised); }
    tr.chosen th, tr.chosen td { border-block: 1px solid var(--accent); }
    tr.chosen button { font-weight: 600; color: var(--ink); }
    .verdict { display: inline-flex; align-items: center; gap: 8px; white-space: nowrap; color: var(--ink); }
    .verdict > :first-child { display: inline-flex; }
    .none { color: var(--muted); padding: 16px 0; }
    .more { margin-top: 8px; }
    td.outcome, th.outcome { padding-inline-start: 32px; }
    .part { display: none; }
    @media (max-width: 760px) {
      .filters, .filters .field { width: 100%; gap: 24px; }
      table, tbody { display: block; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      tbody tr { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0 8px; padding: 8px 0 12px; border-top: 1px solid var(--rule); }
      tr.chosen { border-block: 1px solid var(--accent); }
      tr.chosen th, tr.chosen td { border: 0; }
      tbody th[scope='row'] { grid-column: span 2; border: 0; padding: 0; }
      tbody td { border: 0; padding: 2px 0; text-align: start; }
      .end { text-align: start; }
      td.vendor { display: none; }
      td.outcome { grid-column: 3 / -1; grid-row: 1; align-self: center; justify-self: end; padding: 0; }
      .part { display: block; font-size: var(--t0); color: var(--muted); }
    }
    @media (max-width: 370px) { tbody tr { grid-template-columns: repeat(2, minmax(0, 1fr)); } tbody th[scope='row'], td.outcome {
      grid-column: 1 / -1; grid-row: auto; justify-self: start; } }
  `];

  declare filter: string;
  declare vendor: string;
  declare column: Column | null;
  declare down: boolean;
  declare all: boolean;

  constructor() {
    super();
    this.filter = '';
    this.vendor = '';
    this.column = null;
    this.down = false;
    this.all = false;
  }

  #vendorName(id: string): string {
    return this.text.vendors[id] ?? id;
  }

  #sort(column: Column): void {
    this.down = this.column === column ? !this.down : false;
    this.column = column;
  }

  #key(row: RankedDevice, column: Column): string | number {
    const keys: Record<Column, string | number> = {
      name: gpuName(this.view, row.gpu),
      vendor: this.#vendorName(this.view.catalog.gpus.get(row.gpu)?.vendor ?? ''),
      usable: row.usable_bytes,
      needed: row.needed_bytes,
      headroom: row.headroom_bytes,
      outcome: ['fits', 'tight', 'does_not_fit'].indexOf(row.outcome),
      devices: row.devices_needed ?? Number.MAX_SAFE_INTEGER,
    };
    return keys[column];
  }

  #rows(rows: RankedDevice[]): RankedDevice[] {
    const wanted = this.filter.trim().toLowerCase();
    const found = rows.filter(row => {
      const gpu = this.view.catalog.gpus.get(row.gpu);
      return (!this.vendor || gpu?.vendor === this.vendor) && (!wanted || `${row.gpu} ${gpu?.name} ${gpu?.aliases.join(' ')}`.toLowerCase().includes(wanted));
    });
    const { column } = this;
    if (!column) return found;
    const sign = this.down ? -1 : 1;
    return found.toSorted((a, b) => {
      const [left, right] = [this.#key(a, column), this.#key(b, column)];
      const order = typeof left === 'string' ? left.localeCompare(String(right), this.view.format.language, { numeric: true }) : left - Number(right);
      return order < 0 ? -sign : order > 0 ? sign : 0;
    });
  }

  /** A step of training runs on one card, so that how many would do is not asked. */
  get #columns(): Column[] {
    return columns.filter(column => column !== 'devices' || !this.view.answer?.report.training);
  }

  #head(column: Column): TemplateResult {
    const name = this.text.columns[column];
    const sorted = this.column === column ? (this.down ? 'descending' : 'ascending') : nothing;
    return html`<th scope="col" class=${words.has(column) ? column : 'end'} aria-sort=${sorted}><button type="button" title=${this.text.sortedBy(name)}
      @click=${() => this.#sort(column)}>${name}</button></th>`;
  }

  #row(row: RankedDevice, chosen: string | undefined): TemplateResult {
    const { text } = this;
    const { format, catalog } = this.view;
    const name = gpuName(this.view, row.gpu);
    const part = (column: Column): TemplateResult => html`<span class="part">${column === 'devices' ? text.cards : text.columns[column]}</span>`;
    return html`<tr class=${row.gpu === chosen ? 'chosen' : ''}>
      <th scope="row"><button type="button" aria-label=${text.choose(name)}
        @click=${() => this.sendRequest(request => { request.device = { gpu: row.gpu, device_count: row.device_count }; })}>${name}</button></th>
      <td class="vendor">${this.#vendorName(catalog.gpus.get(row.gpu)?.vendor ?? '')}</td>
      <td class="end">${part('usable')}${quantity(format.column(row.usable_bytes))}</td>
      <td class="end">${part('needed')}${quantity(format.column(row.needed_bytes))}</td>
      <td class="end">${part('headroom')}${quantity(format.column(row.headroom_bytes))}</td>
      <td class="outcome"><span class="verdict"><span class=${row.outcome}>${verdictGlyph(row.outcome, 16)}</span>${text.outcome[row.outcome]}</span></td>
      ${this.#columns.includes('devices') ? html`<td class="end">${part('devices')}${row.devices_needed === null ? text.moreThanSixteen
        : format.integer(row.devices_needed)}</td>` : nothing}
    </tr>`;
  }

  override render(): TemplateResult {
    const { answer, catalog, format } = this.view;
    const { text } = this;
    if (!answer?.ranking) return html``;
    const rows = answer.ranking.rows;
    const found = this.#rows(rows);
    const chosen = answer.report.device?.id;
    const first = found.slice(0, shownAtFirst);
    const own = found.find(row => row.gpu === chosen);
    const shown = this.all ? found : own && !first.includes(own) ? [...first, own] : first;
    const fitting = rows.filter(row => row.outcome !== 'does_not_fit').length;
    const vendors = [...new Set([...catalog.gpus.values()].map(gpu => gpu.vendor))];
    const count = answer.report.device?.device_count ?? 1;
    const intro = count === 1 ? text.rankingIntroOne : text.rankingIntro(format.integer(count));
    return html`<section class="section" aria-labelledby="title">
      <div class="head"><div><h2 id="title">${text.ranking}</h2>
        <p class="intro">${text.fitsCount(format.integer(fitting), format.integer(rows.length))}${text.stop}${intro}</p></div>
        <div class="filters">
          <div class="field"><label for="filter">${text.filter}</label><input id="filter" type="text" autocomplete="off" placeholder=${text.filterHint}
            .value=${this.filter} @input=${(event: Event) => { this.filter = (event.target as HTMLInputElement).value; }} /></div>
          <div class="field"><label for="vendor">${text.vendor}</label><select id="vendor"
            @change=${(event: Event) => { this.vendor = (event.target as HTMLSelectElement).value; }}>
            <option value="">${text.allVendors}</option>${vendors.map(vendor => html`<option value=${vendor}
              .selected=${vendor === this.vendor}>${this.#vendorName(vendor)}</option>`)}</select></div>
        </div></div>
      <table aria-labelledby="title"><thead>
        <tr>${this.#columns.map(column => this.#head(column))}</tr></thead>
        <tbody>${shown.map(row => this.#row(row, chosen))}</tbody></table>
      ${found.length === 0 ? html`<p class="none">${text.noMatch}</p>` : nothing}
      ${found.length > shownAtFirst ? html`<button type="button" class="more"
        @click=${() => { this.all = !this.all; }}>${this.all ? text.showFewer : text.showAll(format.integer(found.length))}</button>` : nothing}
    </section>`;
  }
}

customElements.define('pl-ranking', RankingPanel);
