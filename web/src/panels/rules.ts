// The rules of thumb people quote, beside the exact answer, and why the two differ.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { RuleComparison } from '../../../wasm/plimsoll.ts';
import { Panel, formatName, quantity } from './panel.ts';
import { shared } from './shared.ts';

export class Rules extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    table { margin-top: 16px; }
    .rule b { font-weight: 600; display: block; }
    .rule span, .outside { color: var(--muted); font-size: var(--t0); }
    ul { margin: 0; padding: 0; list-style: none; font-size: var(--t0); max-width: 60ch; }
    li { padding-inline-start: 12px; text-indent: -12px; }
    li::before { content: '· '; color: var(--muted); }
    .sizes { max-width: 560px; margin-top: 8px; }
    h3 { font-size: var(--t1); color: var(--ink); margin: 40px 0 0; }
    .notes { margin-top: 16px; max-width: 90ch; color: var(--muted); }
    .part { display: none; }
    @media (max-width: 760px) {
      table:not(.sizes), table:not(.sizes) tbody { display: block; }
      table:not(.sizes) thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      table:not(.sizes) tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 16px; padding: 12px 0;
        border-top: 1px solid var(--rule); }
      table:not(.sizes) tr > * { border: 0 !important; padding: 0 !important; }
      tr > .rule, tr > .why { grid-column: span 2; }
      table:not(.sizes) td.end { text-align: start; }
      .sizes th, .sizes td { padding-inline-end: 8px; }
      .sizes .quantity { font-size: var(--t0); }
      .part { display: block; font-size: var(--t0); color: var(--muted); }
    }
  `];

  #says(rule: RuleComparison): TemplateResult {
    const { format } = this.view;
    const low = format.decimalGigabytes(rule.rule_bytes);
    if (rule.rule_high_bytes === null || rule.rule_high_bytes === undefined) return quantity(low);
    const high = format.decimalGigabytes(rule.rule_high_bytes);
    return quantity({ number: this.text.rulesRange(low.number, high.number), unit: high.unit });
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    if (!answer || answer.report.rules.length === 0) return html``;
    const { ruleColumns } = text;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.rulesTitle}</h2><p class="intro">${text.rulesIntro}</p>
      <table aria-labelledby="title"><thead><tr><th scope="col">${ruleColumns.rule}</th><th scope="col" class="end">${ruleColumns.says}</th>
        <th scope="col" class="end">${ruleColumns.exact}</th><th scope="col">${ruleColumns.why}</th></tr></thead>
        <tbody>${answer.report.rules.map(rule => html`<tr>
          <th scope="row" class="rule"><b>${text.rules[rule.rule]?.name ?? rule.rule}</b><span>${text.rules[rule.rule]?.about}</span></th>
          <td class="end"><span class="part">${ruleColumns.says}</span>${rule.rule_bytes > 0 ? this.#says(rule) : '—'}</td>
          <td class="end"><span class="part">${ruleColumns.exact}</span>${rule.exact_bytes === null ? html`<span class="outside">${text.ruleOutside}</span>`
            : html`${quantity(format.memory(rule.exact_bytes))}<br /><span class="outside">${quantity(format.decimalGigabytes(rule.exact_bytes))}</span>`}</td>
          <td class="why"><ul>${rule.reasons.map(code => html`<li>${text.reasons[code] ?? code}</li>`)}</ul></td></tr>`)}</tbody></table>
      ${this.#sizes()}
    </section>`;
  }

  /** The table of 7B, 13B and 70B that people quote, each figure beside the exact one. */
  #sizes(): TemplateResult | typeof nothing {
    const { format, ruleTable } = this.view;
    const { text } = this;
    if (!ruleTable) return nothing;
    const labels = [...new Set(ruleTable.cells.map(cell => cell.label))];
    const formats = [...new Set(ruleTable.cells.map(cell => cell.format))];
    const cell = (label: string, id: string): TemplateResult | typeof nothing => {
      const found = ruleTable.cells.find(candidate => candidate.label === label && candidate.format === id);
      return found ? html`${quantity(format.decimalGigabytes(found.rule_bytes))}<br /><span class="outside">${quantity(format.column(found.exact_bytes))}</span>` : nothing;
    };
    return html`<h3 id="sizes">${text.ruleTable}</h3><p class="intro">${text.ruleTableIntro}</p>
      <table class="sizes" aria-labelledby="sizes"><thead><tr>
        <th scope="col">${text.weights}</th>${labels.map(label => html`<th scope="col" class="end">${label}</th>`)}</tr></thead>
        <tbody>${formats.map(id => html`<tr>
          <th scope="row">${formatName(this.view, id)}</th>${labels.map(label => html`<td class="end">${cell(label, id)}</td>`)}</tr>`)}</tbody>
          </table>
      <ul class="notes">${text.ruleNotes.map(note => html`<li>${note}</li>`)}</ul>`;
  }
}

customElements.define('pl-rules', Rules);
