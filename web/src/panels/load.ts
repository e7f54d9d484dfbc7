// The bar with the load line, its table twin, and the changes that would make it fit.

import { type TemplateResult, css, html, nothing } from 'lit';
import { type BarData, loadBar, loadBarStyles } from '../charts/load-bar.ts';
import { seriesStyles } from '../charts/series.ts';
import type { Change, Report } from '../../../wasm/plimsoll.ts';
import { withChange } from '../state.ts';
import { Panel, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';
import { changeText, savesHere } from './change-text.ts';
import { verdictGlyph, verdictStyles } from './verdict.ts';
import { Width } from './width.ts';

export const openTermEvent = 'plimsoll-open-term';

export class Load extends Panel {
  static override styles = [shared, seriesStyles, loadBarStyles, verdictStyles, css`
    :host { padding-top: 20px; }
    .chart { min-height: 136px; }
    table { max-width: 640px; margin-top: 8px; }
    .advice { margin-top: 24px; }
    .advice h2 { font-size: var(--t1); margin-bottom: 8px; }
    ul { list-style: none; margin: 0; padding: 0; max-width: 760px; }
    li { display: grid; grid-template-columns: 24px minmax(0, 1fr) auto auto; gap: 0 16px; align-items: center; padding: 6px 0;
      border-top: 1px solid var(--rule); }
    li button { display: inline-block; }
    li button::first-letter { text-transform: uppercase; }
    li .quantity { color: var(--muted); }
    @media (max-width: 640px) { table { font-size: var(--t0); } th, td { padding-inline-end: 8px; } th[scope='row'] { padding-inline-end: 8px; } li { grid-template-columns: 24px minmax(0, 1fr) auto; } li .saved { display: none; } }
  `];

  readonly #width = new Width(this);

  #data(report: Report): BarData {
    const { text } = this;
    const { format } = this.view;
    const { verdict, device } = report;
    const parts = report.segments.map(segment => ({ id: segment.id, name: termName(this.view, segment.id), amount: format.text(segment.bytes), bytes: segment.bytes }));
    const list = parts.map(part => `${part.name} ${part.amount}`).join(text.comma);
    const needed = format.columnText(report.needed_bytes);
    const over = verdict !== null && verdict.headroom_bytes < 0;
    return {
      summary: verdict ? text.barSummary(list, needed, format.columnText(verdict.usable_bytes)) : text.barSummaryFree(list, needed),
      parts,
      needed: report.needed_bytes,
      usable: verdict ? { bytes: verdict.usable_bytes, label: `${text.usable} ${format.columnText(verdict.usable_bytes)}` } : null,
      sold: device ? { bytes: device.nominal_bytes, label: text.sold(device.marketed_memory) } : null,
      gap: verdict ? { label: (over ? text.over : text.freeSpace)(format.columnText(Math.abs(verdict.headroom_bytes))), over } : null,
      unitBytes: format.unitBytes,
      unit: format.unit,
      axis: bytes => format.axis(bytes),
    };
  }

  #open(id: string): void {
    this.dispatchEvent(new CustomEvent<string>(openTermEvent, { detail: id, bubbles: true, composed: true }));
  }

  #table(report: Report): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const row = (name: string, bytes: number, share: boolean): TemplateResult => html`<tr><th scope="row">${name}</th>
      <td class="end">${quantity(format.memory(bytes))}</td>
      <td class="end figure">${format.bytes(bytes)}</td><td class="end figure">${share ? format.share(bytes, report.needed_bytes) : nothing}</td></tr>`;
    return html`<table><caption class="hidden">${text.bar}</caption>
      <thead><tr><th scope="col">${text.part}</th><th scope="col" class="end">${text.amount}</th><th scope="col" class="end">${text.exactBytes}</th>
        <th scope="col" class="end">${text.ofNeeded}</th></tr></thead>
      <tbody>${report.segments.map(segment => row(termName(this.view, segment.id), segment.bytes, true))}${row(text.total, report.needed_bytes, true)}
        ${report.verdict ? html`${row(text.columns.usable, report.verdict.usable_bytes, false)}${row(text.headroom, report.verdict.headroom_bytes, false)}` : nothing}</tbody>
          </table>`;
  }

  #advice(report: Report): TemplateResult | typeof nothing {
    const { text } = this;
    const { format } = this.view;
    if (report.advice.length === 0) return nothing;
    const take = (change: Change): void => this.send({ request: withChange(this.view.state.request, change, report.request) });
    return html`<div class="advice"><h2>${text.otherChanges}</h2><ul>${report.advice.map(change => html`<li>
      ${verdictGlyph(change.outcome, 18)}
      <span><button type="button" @click=${() => take(change)}>${changeText(this.view, change)}</button><span
        class="hidden">${text.comma}${text.outcome[change.outcome]}</span></span>
      <span class="saved quantity">${savesHere(change) ? text.saves(format.text(change.saved_bytes)) : nothing}</span>
      <span class="quantity">${text.needsThen(format.columnText(change.needed_bytes))}</span></li>`)}</ul></div>`;
  }

  override render(): TemplateResult {
    const { answer } = this.view;
    if (!answer) return html``;
    return html`<div class="chart">${this.#width.value > 0 ? loadBar(this.#data(answer.report), this.#width.value, id => this.#open(id)) : nothing}</div>
      <details><summary>${this.text.tableView}</summary>${this.#table(answer.report)}</details>
      ${this.#advice(answer.report)}`;
  }
}

customElements.define('pl-load', Load);
