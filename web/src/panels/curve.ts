// Memory against context: the line, the limit, where they cross, and where the reader stands.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { type CurveData, curve, curveStyles } from '../charts/curve.ts';
import { seriesStyles } from '../charts/series.ts';
import type { CurvePoint } from '../estimator.ts';
import type { Report } from '../../../wasm/plimsoll.ts';
import { served, trained } from '../state.ts';
import { Panel, quantity } from './panel.ts';
import { shared } from './shared.ts';
import { Width } from './width.ts';

export class Curve extends Panel {
  static override properties: PropertyDeclarations = { points: { attribute: false } };

  static override styles = [shared, seriesStyles, curveStyles, css`
    .chart { min-height: 340px; margin-top: 16px; }
    table { max-width: 400px; }
  `];

  declare points: CurvePoint[];
  readonly #width = new Width(this);

  constructor() {
    super();
    this.points = [];
  }

  #data(report: Report, first: CurvePoint, last: CurvePoint): CurveData {
    const { text } = this;
    const { format } = this.view;
    const longest = report.capacity?.longest_context;
    return {
      summary: text.curveSummary(format.columnText(first.bytes), format.columnText(last.bytes), format.integer(first.tokens), format.integer(last.tokens)),
      points: this.points,
      here: { tokens: trained(report.request)?.sequence_length ?? served(report.request)?.max_model_len ?? first.tokens, bytes: report.needed_bytes, label: `${text.here} ${format.columnText(report.needed_bytes)}` },
      usable: report.verdict ? { bytes: report.verdict.usable_bytes, label: `${text.usable} ${format.columnText(report.verdict.usable_bytes)}` } : null,
      crossing: longest && longest.limit === 'memory' && longest.value > 0
        ? { tokens: longest.value, bytes: longest.needed_bytes, label: text.crossing(format.integer(longest.value)) } : null,
      unitBytes: format.unitBytes,
      unit: format.unit,
      axis: bytes => format.axis(bytes),
      tokens: tokens => format.shortTokens(tokens),
    };
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    const [first] = this.points;
    const last = this.points.at(-1);
    if (!answer || !first || !last || first === last) return html``;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${answer.report.training ? text.training.curve : text.curve}</h2><p class="intro">${text.curveIntro}</p>
      <div class="chart">${this.#width.value > 0 ? curve(this.#data(answer.report, first, last), this.#width.value) : nothing}</div>
      <details><summary>${text.tableView}</summary><table aria-labelledby="title"><thead><tr>
        <th scope="col" class="end">${answer.report.training ? text.training.sequence : text.context} (${text.contextUnit})</th><th scope="col" class="end">${text.total}</th></tr></thead>
        <tbody>${this.points.map(point => html`<tr><th scope="row" class="end figure">${format.integer(point.tokens)}</th>
          <td class="end">${quantity(format.column(point.bytes))}</td></tr>`)}</tbody></table></details>
    </section>`;
  }
}

customElements.define('pl-curve', Curve);
