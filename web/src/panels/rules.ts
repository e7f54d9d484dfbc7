// The rules of thumb people quote, beside the exact answer, and why the two differ.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { Report, RuleComparison, RuleReason } from '../../../wasm/plimsoll.ts';
import { Format, type Quantity } from '../format.ts';
import { openTermEvent } from './load.ts';
import { Panel, formatName, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';

type Content = TemplateResult | typeof nothing;

/** A cause below a thousandth of both numbers says little. */
const smallest = 1000;

const worth = (rule: RuleComparison, { bytes }: RuleReason): boolean =>
  bytes === null || Math.abs(bytes) * smallest >= Math.max(rule.rule_bytes, rule.exact_high_bytes ?? rule.exact_bytes ?? 0);

export class Rules extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    table { margin-top: 16px; }
    .lead { margin-top: 8px; max-width: 70ch; }
    .rule b { font-weight: 600; display: block; }
    .rule span, .outside { color: var(--muted); font-size: var(--t0); }
    .why p { margin: 0 0 4px; font-size: var(--t0); max-width: 60ch; }
    ul { margin: 0; padding: 0; list-style: none; font-size: var(--t0); max-width: 60ch; }
    li { padding-inline-start: 12px; text-indent: -12px; line-height: 20px; }
    .why li { line-height: 24px; }
    li::before { content: '· '; color: var(--muted); }
    li button { font-size: inherit; line-height: 24px; min-height: 24px; text-indent: 0; white-space: nowrap; }
    li .quantity { text-indent: 0; }
    .beside { margin-top: 8px; }
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
      .sizes .unit { display: block; }
      .part { display: block; font-size: var(--t0); color: var(--muted); }
    }
  `];

  /** The rule's own number or range, as it counts: in GB. */
  #ruleNumber(rule: RuleComparison): Quantity {
    const { format } = this.view;
    const low = format.decimalGigabytes(rule.rule_bytes);
    if (rule.rule_high_bytes === null) return low;
    const high = format.decimalGigabytes(rule.rule_high_bytes);
    return { number: this.text.rulesRange(low.number, high.number), unit: high.unit };
  }

  #share(permille: number): string {
    return this.view.format.share(permille, 1000);
  }

  /** A saving as people write it: −20 %. */
  #saved(permille: number): string {
    return permille === 0 ? this.#share(0) : `${permille > 0 ? '−' : '+'}${this.#share(Math.abs(permille))}`;
  }

  #text({ number, unit }: Quantity): string {
    return `${number} ${unit}`;
  }

  #says(rule: RuleComparison): TemplateResult {
    const { format } = this.view;
    const { text } = this;
    const { rule_permille: low, rule_high_permille: high } = rule;
    if (low !== null && high === null) return quantity({ number: `−${format.percent(low)}`, unit: '' });
    if (low !== null && high !== null && rule.applies) return quantity({ number: text.rulesRange(format.percent(low), format.percent(high)), unit: '' });
    if (rule.rule === 'U1') return html`${text.rulePrints(new Format(format.language, 'GiB').column(rule.rule_bytes).number)}`;
    return rule.rule_bytes > 0 ? quantity(this.#ruleNumber(rule)) : html`—`;
  }

  #outside(rule: RuleComparison, report: Report): string {
    const { text } = this;
    if (rule.rule.startsWith('O')) return text.ruleNoKernel;
    return report.training === null ? text.ruleOutside : text.ruleOutsideAdapters;
  }

  #exact(rule: RuleComparison, report: Report): TemplateResult {
    const { format } = this.view;
    const { text } = this;
    if (!rule.applies || rule.exact_bytes === null) return html`<span class="outside">${this.#outside(rule, report)}</span>`;
    const under = (words: string): TemplateResult => html`<br /><span class="outside">${words}</span>`;
    if (rule.saving !== null) {
      const total = text.ruleOfTotal(this.#saved(rule.saving.allocated_permille));
      const layers = text.ruleOfLayers(this.#saved(rule.saving.layers_permille));
      if (rule.rule === 'O3') return html`${total}${under(layers)}`;
      return html`${layers}${under(text.ruleOfKept(this.#saved(rule.saving.kept_permille)))}${under(total)}`;
    }
    if (rule.exact_permille !== null)
      return html`${this.#share(rule.exact_permille)}${under(text.ruleEndOfForward)}${under(this.#text(format.memory(rule.exact_bytes)))}`;
    const high = rule.exact_high_bytes;
    const low = rule.exact_bytes;
    const range = (of: (bytes: number) => Quantity): TemplateResult =>
      high === null ? quantity(of(low)) : quantity({ number: text.rulesRange(of(low).number, of(high).number), unit: of(high).unit });
    return html`${range(bytes => format.memory(bytes))}<br /><span class="outside">${range(bytes => format.decimalGigabytes(bytes))}</span>`;
  }

  /** What a list of reasons cannot say: a sentence of this case. */
  #sentences(rule: RuleComparison, report: Report): string[] {
    const { format } = this.view;
    const { text } = this;
    const moment = (id: string): string => termName(this.view, id);
    const [without, withIt] = rule.sides;
    if (without && withIt) {
      const peak = without.allocated_bytes === withIt.allocated_bytes ? text.rulePeakStays(format.text(withIt.allocated_bytes), moment(withIt.worst_moment))
        : text.rulePeaks(format.text(without.allocated_bytes), moment(without.worst_moment), format.text(withIt.allocated_bytes), moment(withIt.worst_moment));
      return [text.ruleSides(format.text(without.layers_bytes), format.text(withIt.layers_bytes)), peak];
    }
    if (rule.worst_moment_permille !== null) return [text.ruleAtPeak(this.#share(rule.worst_moment_permille), moment(report.worst_moment))];
    return rule.exact_high_bytes === null ? [] : [text.ruleGrows];
  }

  /** A rule that meets the exact number by errors that cancel names the largest of each sign. */
  #agreement(rule: RuleComparison): Content {
    if (!rule.agrees) return nothing;
    const { text } = this;
    if (rule.rule_high_permille !== null) return html`<p>${text.ruleInRange}</p>`;
    const shown = rule.reasons.filter(reason => worth(rule, reason));
    const more = shown.find(({ bytes }) => (bytes ?? 0) > 0);
    const less = shown.find(({ bytes }) => (bytes ?? 0) < 0);
    return more && less ? html`<p>${text.ruleCancels}</p><ul>${[more, less].map(reason => this.#reason(reason, true))}</ul>` : html`<p>${text.ruleAgrees}</p>`;
  }

  /** The bytes lead to the line of the report that holds them. */
  #reason({ code, bytes, term }: RuleReason, signed: boolean): TemplateResult {
    const { answer, format, text } = this.view;
    const words = text.reasons[code] ?? code;
    if (bytes === null) return html`<li>${words}</li>`;
    const amount = new Format(format.language, 'GB').memory(bytes);
    const shown = `${signed && bytes > 0 ? '+' : ''}${this.#text(amount)}`;
    const open = (): void => void this.dispatchEvent(new CustomEvent<string>(openTermEvent, { detail: term, bubbles: true, composed: true }));
    const linked = answer?.report.segments.some(({ id }) => id === term);
    return html`<li>${linked ? html`<button @click=${open}>${shown}</button>` : html`<span class="quantity">${shown}</span>`} ${words}</li>`;
  }

  #why(rule: RuleComparison, report: Report): TemplateResult {
    const { text } = this;
    const reasons = rule.reasons.filter(reason => worth(rule, reason));
    const beside = rule.left_out.filter(reason => worth(rule, reason));
    const small = rule.reasons.length + rule.left_out.length - reasons.length - beside.length;
    return html`${this.#sentences(rule, report).map(sentence => html`<p>${sentence}</p>`)}${this.#agreement(rule)}
      <ul>${reasons.map(reason => this.#reason(reason, true))}</ul>
      ${beside.length > 0 ? html`<p class="beside">${text.ruleBeside}</p><ul>${beside.map(reason => this.#reason(reason, false))}</ul>` : nothing}
      ${small > 0 ? html`<p class="outside">${text.ruleSmaller}</p>` : nothing}`;
  }

  #lead(report: Report): Content {
    const { format } = this.view;
    const { text } = this;
    const total = report.rules.find(rule => rule.rule === 'R3');
    if (report.training === null || !total) return nothing;
    const says = this.#text(this.#ruleNumber(total));
    if (!total.applies || total.exact_bytes === null) return html`<p class="lead">${text.ruleLeadAdapters(says)}</p>`;
    const exact = `${format.text(total.exact_bytes)} (${this.#text(format.decimalGigabytes(total.exact_bytes))})`;
    return html`<p class="lead">${text.ruleLead(says, exact, termName(this.view, report.worst_moment))}</p>`;
  }

  override render(): TemplateResult {
    const { answer } = this.view;
    const { text } = this;
    if (!answer || answer.report.rules.length === 0) return html``;
    const { report } = answer;
    const { ruleColumns } = text;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.rulesTitle}</h2>
      <p class="intro">${report.training === null ? text.rulesIntro : text.rulesIntroTraining}</p>${this.#lead(report)}
      <table aria-labelledby="title"><thead><tr><th scope="col">${ruleColumns.rule}</th><th scope="col" class="end">${ruleColumns.says}</th>
        <th scope="col" class="end">${ruleColumns.exact}</th><th scope="col">${ruleColumns.why}</th></tr></thead>
        <tbody>${report.rules.map(rule => html`<tr>
          <th scope="row" class="rule"><b>${text.rules[rule.rule]?.name ?? rule.rule}</b><span>${text.rules[rule.rule]?.about}</span></th>
          <td class="end"><span class="part">${ruleColumns.says}</span>${this.#says(rule)}</td>
          <td class="end"><span class="part">${ruleColumns.exact}</span>${this.#exact(rule, report)}</td>
          <td class="why">${this.#why(rule, report)}</td></tr>`)}</tbody></table>
      ${this.#sizes(report)}
    </section>`;
  }

  /** The table of 7B, 13B and 70B that people quote, each figure beside the exact one, and what training the same models takes. */
  #sizes(report: Report): Content {
    const { format, ruleTable } = this.view;
    const { text } = this;
    if (!ruleTable) return nothing;
    const labels = [...new Set(ruleTable.cells.map(cell => cell.label))];
    const formats = [...new Set(ruleTable.cells.map(cell => cell.format))];
    const recipes = [...new Set(ruleTable.training.map(cell => cell.recipe))];
    const head = (words: string): TemplateResult =>
      html`<thead><tr><th scope="col">${words}</th>${labels.map(label => html`<th scope="col" class="end">${label}</th>`)}</tr></thead>`;
    const cell = (label: string, id: string): Content => {
      const found = ruleTable.cells.find(candidate => candidate.label === label && candidate.format === id);
      if (!found) return nothing;
      return html`${quantity(format.decimalGigabytes(found.rule_bytes))}<br /><span class="outside">${quantity(format.column(found.exact_bytes))}</span>`;
    };
    const trained = (label: string, id: string): Content => {
      const found = ruleTable.training.find(candidate => candidate.label === label && candidate.recipe === id);
      return found ? quantity(format.column(found.allocated_bytes)) : nothing;
    };
    return html`<h3 id="sizes">${text.ruleTable}</h3><p class="intro">${text.ruleTableIntro}</p>
      <table class="sizes" aria-labelledby="sizes">${head(text.weights)}<tbody>${formats.map(id => html`<tr>
          <th scope="row">${formatName(this.view, id)}</th>${labels.map(label => html`<td class="end">${cell(label, id)}</td>`)}</tr>`)}</tbody></table>
      <p class="intro" id="training">${text.ruleTraining(format.integer(ruleTable.sequence_length))}</p>
      <table class="sizes" aria-labelledby="training">${head(text.rules['R3']?.name ?? '')}<tbody>${recipes.map(id => html`<tr>
          <th scope="row">${text.ruleRecipes[id] ?? id}</th>${labels.map(label => html`<td class="end">${trained(label, id)}</td>`)}</tr>`)}</tbody></table>
      <ul class="notes">${[...text.ruleNotes, ...this.#notes(report)].map(note => html`<li>${note}</li>`)}</ul>`;
  }

  /** Notes with the numbers of this case. */
  #notes(report: Report): string[] {
    const { format } = this.view;
    const { text } = this;
    const rung = (method: string): string | null => {
      const found = report.training?.ladder.find(each => each.method === method);
      return found ? format.text(found.needed_bytes) : null;
    };
    const [full, lora, qlora] = [rung('full'), rung('lora'), rung('qlora')];
    const weights = report.segments.find(({ id }) => id === 'weights');
    return [
      ...(full && lora && qlora ? [text.ruleNoteUse(full, lora, qlora)] : []),
      ...(weights ? [text.ruleNoteMap(format.text(weights.bytes), format.text(report.needed_bytes))] : []),
    ];
  }
}

customElements.define('pl-rules', Rules);
