// Weight formats beside GPUs: in each cell the longest context that fits. Computed once it is opened, and again when the settings rest.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { FormatCell, FormatMatrix, FormatRow } from '../../../wasm/plimsoll.ts';
import { defaultGpu, served } from '../state.ts';
import { engineName, formatGroup, formatGroups } from './format-groups.ts';
import { Panel, formatName, fullFormatName, gpuName, quantity } from './panel.ts';
import { fields, shared } from './shared.ts';
import { verdictGlyph, verdictStyles } from './verdict.ts';
import type { Loading } from './full-or-quantised.ts';
import './combobox.ts';
import './full-or-quantised.ts';

const usualGpus = ['nvidia/rtx-3060-12gb', 'nvidia/rtx-4060-ti-16gb', 'nvidia/rtx-4090', 'nvidia/rtx-5090', 'nvidia/l40s', 'nvidia/a100-sxm4-80gb',
  'nvidia/h200-sxm-141gb'];
const columnsAtFirst = 6;
const usualFormats = ['bf16', 'fp8_block', 'bnb_int8', 'gptq_int8_g128', 'gptq_int4_g128', 'awq_int4_g128', 'nf4_double_quant',
  'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'IQ4_XS', 'Q3_K_M', 'Q2_K'];
const rest = 120;

type State = 'whole' | 'enough' | 'less' | 'none';
const glyphOf = { whole: 'fits', enough: 'fits', less: 'tight', none: 'does_not_fit' } as const;

export class FormatMatrixPanel extends Panel {
  static override properties: PropertyDeclarations = { opened: { state: true }, all: { state: true }, gpus: { state: true }, matrix: { state: true } };

  static override styles = [shared, fields, verdictStyles, css`
    .open::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-inline-start: 8px; border: solid;
      border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); }
    .open[aria-expanded='true']::after { transform: translateY(0) rotate(225deg); }
    .tools { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: flex-end; justify-content: space-between; margin-top: 16px; }
    .tools pl-combobox { width: 240px; }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 0; padding: 0; font-size: var(--t0); color: var(--muted); }
    .legend li, .state { display: inline-flex; align-items: center; gap: 6px; }
    .legend .glyph, .state .glyph { width: 14px; height: 14px; }
    table { margin-top: 12px; }
    thead th { vertical-align: bottom; line-height: 1.3; }
    thead .usable { display: block; font-weight: 400; white-space: nowrap; }
    thead button { color: var(--muted); min-width: 24px; text-align: center; }
    tr.group th { padding-top: 20px; font-size: var(--t0); font-weight: 600; color: var(--muted); border-top: 0; }
    tbody tr:not(.group):hover { background: var(--raised); }
    tr.chosen th[scope='row'] { font-weight: 600; }
    td.chosen { box-shadow: inset 0 0 0 1px var(--accent); }
    tbody td, tbody th[scope='row'] { vertical-align: middle; padding-block: 4px; }
    thead th.gpu:nth-child(n) { padding-inline: 8px; }
    .about { margin-top: 8px; }
    td.cell { padding: 0; text-align: end; }
    td.cell button { width: 100%; min-height: 36px; display: flex; justify-content: flex-end; align-items: center; gap: 6px; padding: 0 8px; color: var(--ink);
      white-space: nowrap; }
    td.cell button.none { color: var(--muted); }
    .problem, .about { font-size: var(--t0); color: var(--muted); }
    .part, .narrow { display: none; }
    @media (max-width: 900px) {
      .tools pl-combobox { width: 100%; }
      table, tbody { display: block; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0 12px; padding: 8px 0; border-top: 1px solid var(--rule); }
      tr.group { display: block; border-top: 0; padding-bottom: 4px; }
      tr > * { border: 0 !important; padding: 0 !important; }
      tr > th[scope='row'] { grid-column: 1 / -1; overflow-wrap: anywhere; }
      tr > td.bits { grid-column: 1 / 2; }
      tr > td.weights { grid-column: 2 / -1; }
      td.end, td.cell { text-align: start; }
      td.cell { margin-top: 4px; }
      td.cell button { flex-direction: column; align-items: flex-start; justify-content: flex-end; gap: 0; min-height: 44px; padding: 2px 4px;
        height: 100%; }
      td.bits, td.weights { color: var(--muted); font-size: var(--t0); }
      .part { display: block; font-size: var(--t0); color: var(--muted); white-space: normal; line-height: 1.25; text-align: start; }
      td.problem { grid-column: 1 / -1; }
      .wide { display: none; }
      .narrow { display: inline; }
    }
  `];

  declare opened: boolean;
  declare all: boolean;
  /** As the reader wants them; null: the usual ones and the chosen one. */
  declare gpus: string[] | null;
  declare matrix: FormatMatrix | null;
  #askedFor = '';
  #timer = 0;
  #loading: Loading | null = null;

  constructor() {
    super();
    this.opened = false;
    this.all = false;
    this.gpus = null;
    this.matrix = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  get #columns(): string[] {
    if (this.gpus) return this.gpus;
    const chosen = this.view.answer?.request.device?.gpu ?? defaultGpu;
    const others = usualGpus.filter(gpu => gpu !== chosen).slice(0, columnsAtFirst - 1);
    const order = usualGpus.includes(chosen) ? usualGpus.filter(gpu => gpu === chosen || others.includes(gpu)) : [chosen, ...others];
    return order.filter(gpu => this.view.catalog.gpus.has(gpu));
  }

  get #rows(): string[] {
    const { weightRecipes } = this.view.catalog;
    if (this.all) return weightRecipes;
    const asked = this.view.answer?.request.weight_format;
    const usual = usualFormats.filter(id => weightRecipes.includes(id));
    return asked && !usual.includes(asked) ? [asked, ...usual] : usual;
  }

  /** Asks the core where what is shown is of other settings: at once the first time, then when they rest. */
  #ask(): void {
    const { answer } = this.view;
    if (!this.opened || !answer) return;
    const [rows, columns] = [this.#rows, this.#columns];
    const asked = JSON.stringify([answer.request, rows, columns]);
    if (asked === this.#askedFor) return;
    clearTimeout(this.#timer);
    const ask = (): void => {
      this.#askedFor = asked;
      this.#loading = this.view.loading();
      this.matrix = this.view.matrix(rows, columns);
    };
    if (this.matrix) this.#timer = window.setTimeout(ask, rest);
    else ask();
  }

  override willUpdate(): void {
    this.#ask();
  }

  #state({ longest_context: { value, limit } }: FormatCell, asked: number): State {
    if (value === 0) return 'none';
    return limit === 'model' ? 'whole' : value >= asked ? 'enough' : 'less';
  }

  #take(format: string | null, { gpu, longest_context: { value } }: FormatCell, asked: number): void {
    this.sendRequest(request => {
      request.weight_format = format;
      request.device = { gpu, device_count: request.device?.device_count ?? 1 };
      const workload = served(request);
      if (workload && value > 0 && value < asked) Object.assign(workload, { max_model_len: value, prompt_tokens: null });
    });
  }

  #cell(row: FormatRow, name: string, cell: FormatCell, asked: number): TemplateResult {
    const { text } = this;
    const { format, state } = this.view;
    const gpu = gpuName(this.view, cell.gpu);
    const part = html`<span class="part">${gpu}</span>`;
    if (cell.error)
      return html`<td class="cell problem">${part}<span title=${format.language === 'zh' ? cell.error.message_zh : cell.error.message}>—</span></td>`;
    const found = this.#state(cell, asked);
    const value = found === 'none' ? format.columnText(cell.headroom_bytes) : format.integer(cell.longest_context.value);
    const chosen = state.request.device?.gpu === cell.gpu && (row.weight_format ?? null) === (state.request.weight_format ?? null);
    return html`<td class=${chosen ? 'cell chosen' : 'cell'}><button type="button" class=${found} title=${text.formats.take(name, gpu)}
      @click=${() => this.#take(row.weight_format, cell, asked)}>${part}<span class="state">${verdictGlyph(glyphOf[found], 14)}<span
        class="figure">${value}</span></span><span class="hidden">${text.comma}${text.formats.cell[found]}</span></button></td>`;
  }

  #row(row: FormatRow, name: string, asked: number): TemplateResult {
    const { text } = this;
    const { format, state } = this.view;
    const chosen = (row.weight_format ?? null) === (state.request.weight_format ?? null);
    const head = html`<th scope="row">${name}</th>`;
    if (row.error) {
      const why = format.language === 'zh' ? row.error.message_zh : row.error.message;
      return html`<tr>${head}<td class="problem" colspan=${this.#columns.length + 2}>${why}</td></tr>`;
    }
    const bits = format.bits(row.millibits_per_parameter);
    return html`<tr class=${chosen ? 'chosen' : ''}>${head}
      <td class="end bits"><span class="figure wide">${bits}</span><span class="figure narrow">${text.formats.bitsOf(bits)}</span></td>
      <td class="end weights">${quantity(format.column(row.weights_bytes))}</td>
      ${row.cells.map(cell => this.#cell(row, name, cell, asked))}</tr>`;
  }

  #head(gpu: string, usable: number): TemplateResult {
    const { text } = this;
    const name = gpuName(this.view, gpu);
    const left = this.#columns.filter(other => other !== gpu);
    return html`<th scope="col" class="end gpu">${name}${left.length ? html` <button type="button" aria-label=${text.formats.removeGpu(name)}
      title=${text.formats.removeGpu(name)} @click=${() => { this.gpus = left; }}>×</button>` : nothing}
      ${usable ? html`<span class="usable">${text.formats.usable(this.view.format.columnText(usable))}</span>` : nothing}</th>`;
  }

  /** Rows under the name of their group; what the model takes by itself stands first. */
  #groups(matrix: FormatMatrix, asked: number): TemplateResult[] {
    const { text } = this;
    const [first, ...others] = matrix.rows;
    if (!first) return [];
    const shown = others.filter(row => row.resolved !== first.resolved);
    const width = this.#columns.length + 3;
    const body = (name: string, rows: TemplateResult[]): TemplateResult =>
      html`<tbody><tr class="group"><th scope="rowgroup" colspan=${width}>${name}</th></tr>${rows}</tbody>`;
    return [
      body(text.formats.groups.published, [this.#row(first, formatName(this.view, first.resolved), asked)]),
      ...formatGroups(this.view).flatMap(group => {
        const rows = shown.filter(row => formatGroup(this.view, row) === group);
        const name = group === text.formats.groups.gguf ? formatName : fullFormatName;
        return rows.length ? [body(group, rows.map(row => this.#row(row, name(this.view, row.resolved), asked)))] : [];
      }),
    ];
  }

  #table(matrix: FormatMatrix): TemplateResult {
    const { text } = this;
    const asked = served(this.view.answer!.report.request)?.max_model_len ?? 1;
    const { format, catalog } = this.view;
    const usable = new Map(matrix.rows.flatMap(row => row.cells.map(cell => [cell.gpu, cell.usable_bytes] as const)));
    const options = [...catalog.gpus.values()].filter(({ id }) => !this.#columns.includes(id)).map(({ id, name, marketed_memory, vendor, aliases }) => (
      { value: id, label: name, detail: marketed_memory, group: text.vendors[vendor] ?? vendor, also: aliases.join(' ') }));
    const legend = (state: State, words: string): TemplateResult => html`<li>${verdictGlyph(glyphOf[state], 14)}${words}</li>`;
    const foreign = matrix.rows.some(row => row.engine_loads === false);
    return html`<div class="tools"><ul class="legend">${legend('enough', text.formats.legend.enough(format.integer(asked)))}
        ${legend('less', text.formats.legend.less)}${legend('none', text.formats.legend.none)}</ul>
        <pl-combobox .label=${text.formats.addGpu} .placeholder=${text.gpuHint} .empty=${text.noMatch} .options=${options} .value=${''} .shown=${''}
          @take=${(event: CustomEvent<string>) => { this.gpus = [...this.#columns, event.detail]; }}></pl-combobox></div>
      <table aria-labelledby="title"><thead><tr><th scope="col">${text.formats.format}</th><th scope="col" class="end">${text.formats.bits}</th>
        <th scope="col" class="end">${text.formats.weights}</th>${this.#columns.map(gpu => this.#head(gpu, usable.get(gpu) ?? 0))}</tr></thead>
        ${this.#groups(matrix, asked)}</table>
      <p class="about">${foreign ? text.formats.otherEngine(engineName(this.view)) : nothing}</p>
      <button type="button" @click=${() => { this.all = !this.all; }}>${this.all ? text.formats.showFewer
        : text.formats.showAll(format.integer(catalog.weightRecipes.length))}</button>
      <pl-full-or-quantised .view=${this.view} .loading=${this.#loading}></pl-full-or-quantised>`;
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    if (!answer) return html``;
    const count = answer.report.device?.device_count ?? 1;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.formats.title}</h2>
      <p class="intro">${count === 1 ? text.formats.intro : text.formats.introMany(format.integer(count))}</p>
      <button type="button" class="open" aria-expanded=${this.opened} @click=${() => { this.opened = !this.opened; }}>${text.formats.open}</button>
      ${this.opened && this.matrix ? this.#table(this.matrix) : nothing}</section>`;
  }
}

customElements.define('pl-format-matrix', FormatMatrixPanel);
