// Where it goes: every part of the memory as a line that opens.

import { type CSSResult, type TemplateResult, css, html, nothing } from 'lit';
import type { DeviceFacts, Report, Term } from '../../../wasm/plimsoll.ts';
import { TermLines } from './term-lines.ts';
import './file-size.ts';

/** The term of a segment: among the top terms, or among the parts of the worst moment. */
function segmentTerm(report: Report, id: string): Term | undefined {
  const top = report.tree.children;
  const moments = top.find(term => term.combine === 'peak');
  const worst = moments?.children.find(moment => moment.id === report.worst_moment);
  return [...top, ...(worst?.children ?? [])].find(term => term.id === id);
}

export class Ledger extends TermLines {
  static override styles: CSSResult[] = [...TermLines.styles, css`
    .basis { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: var(--t0); color: var(--muted); margin-top: 12px; font-variant-numeric: tabular-nums; }
  `];

  /** Opens the line of a segment and goes to it. */
  async reveal(id: string): Promise<void> {
    this.opened = new Set([...this.opened, `/${id}`]);
    await this.updateComplete;
    const line = this.renderRoot.querySelector<HTMLElement>(`[data-path="/${id}"]`);
    line?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  }

  #usable(device: DeviceFacts): TemplateResult {
    const { text } = this;
    return html`<div class="basis"><span>${text.usableOf(device.name, this.view.format.columnText(device.usable_bytes))}</span>
      <span>${text.basis}${text.colon}${text.basisNames[device.usable_basis]}</span><span>${text.source}${text.colon}${this.source(device.usable_source)}</span></div>`;
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    if (!answer) return html``;
    const { report } = answer;
    const terms = report.segments.map(segment => segmentTerm(report, segment.id)).filter(term => term !== undefined);
    const bases = (['exact', 'documented', 'measured', 'assumed'] as const).filter(basis => report.by_basis[basis] > 0);
    return html`<section class="section" aria-labelledby="title">
      <h2 id="title">${text.ledger}</h2><p class="intro">${text.ledgerIntro}</p>
      <ul class="top">${terms.map(term => this.line(term, `/${term.id}`, report.needed_bytes, true))}</ul>
      <div class="basis"><span>${text.basisTotals}${text.colon}</span>${bases.map(basis => html`<span>${text.basisNames[basis]} ${format.text(report.by_basis[basis])}</span>`)}
        ${report.ranks.length > 1 ? report.ranks.map(rank => html`<span>${text.ranks(format.integer(rank.count), format.columnText(rank.needed_bytes))}</span>`) : nothing}
        ${report.needed_low_bytes < report.needed_high_bytes ? html`<span>${text.spread(format.columnText(report.needed_low_bytes), format.columnText(report.needed_high_bytes))}</span>` : nothing}</div>
      ${report.device ? this.#usable(report.device) : nothing}
      ${report.training ? nothing : html`<pl-file-size .view=${this.view}></pl-file-size>`}
    </section>`;
  }
}

customElements.define('pl-ledger', Ledger);
