// Terms as lines that open: to their parts, and a part to its formula, the numbers put in, basis and source.

import { type CSSResult, type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { hatchDefinitions, seriesStyles, swatch } from '../charts/series.ts';
import type { Formula, Term } from '../../../wasm/plimsoll.ts';
import { formulaStyles, substituted, typeset } from './formula.ts';
import { Panel, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';

const shownAtFirst = 40;

export class TermLines extends Panel {
  static override properties: PropertyDeclarations = { opened: { state: true } };

  static override styles: CSSResult[] = [shared, seriesStyles, formulaStyles, css`
    ul { list-style: none; margin: 0; padding: 0; }
    .top { margin-top: 16px; border-bottom: 1px solid var(--rule); }
    .top > li { border-top: 1px solid var(--rule); }
    ul ul { padding-inline-start: 28px; }
    ul ul > li + li { border-top: 1px solid var(--rule); }
    .line { display: grid; grid-template-columns: 16px minmax(0, 1fr) auto 64px; gap: 12px; align-items: center; width: 100%; padding: 8px 0;
      color: var(--ink); min-height: 40px; }
    ul ul .line { grid-template-columns: minmax(0, 1fr) auto 64px; min-height: 36px; padding: 5px 0; }
    .line:hover { text-decoration: none; }
    .line:hover .title { text-decoration: underline; text-underline-offset: 3px; text-decoration-color: var(--accent); }
    .title { overflow-wrap: anywhere; }
    .title::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-inline-start: 10px; border: solid var(--accent);
      border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); transition: transform 120ms; }
    [aria-expanded='true'] .title::after { transform: translateY(0) rotate(225deg); }
    .top > li > .line .title { font-weight: 600; }
    .difference { color: var(--muted); font-size: var(--t0); margin-inline-start: 8px; }
    .share { text-align: end; color: var(--muted); font-size: var(--t0); font-variant-numeric: tabular-nums; }
    .inside { padding: 0 0 16px 28px; }
    ul ul .inside { padding-inline-start: 16px; }
    .about { color: var(--muted); font-size: var(--t0); padding-inline-start: 28px; }
    .inside .about { padding-inline-start: 0; }
    svg { display: block; }
    @media (prefers-reduced-motion: reduce) { .title::after { transition: none; } }
    @media (max-width: 640px) { .line { grid-template-columns: 16px minmax(0, 1fr) auto; min-height: 44px; } ul ul .line {
      grid-template-columns: minmax(0, 1fr) auto; min-height: 44px; } .share { display: none; } ul ul { padding-inline-start: 16px; } .inside {
      padding-inline-start: 16px; } }
  `];

  declare opened: ReadonlySet<string>;

  constructor() {
    super();
    this.opened = new Set();
  }

  #toggle(path: string): void {
    const opened = new Set(this.opened);
    if (!opened.delete(path)) opened.add(path);
    this.opened = opened;
  }

  #explain(term: Term, formula: Formula): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const { low, high } = formula;
    return html`<div class="inside">
      ${term.label ? nothing : html`<p class="about">${text.terms[term.id]?.about}</p>`}
      <div class="formula"><div>${typeset(formula)}</div>
        <div class="step">= ${substituted(formula, value => format.exact(value))}</div>
        <div class="step">= <span class="figure">${format.bytes(term.bytes)}</span> = ${quantity(format.memory(term.bytes))}</div></div>
      <table><caption>${text.numbersIn}</caption><tbody>${formula.inputs.map(input => html`<tr>
        <th scope="row"><var>${typeset({ ...formula, text: input.symbol })}</var></th>
        <td class="end figure">${format.exact(input.value)}</td>
          <td>${text.symbols[input.symbol] ?? ''} ${input.name === text.symbols[input.symbol] ? nothing : html`<code>${input.name}</code>`}</td>
          </tr>`)}</tbody></table>
      <p class="origin"><span>${text.basis}${text.colon}<b>${text.basisNames[formula.basis]}</b>${text.comma}${text.basisAbout[formula.basis]}</span>
        ${low !== null && high !== null && low < high ? html`<span>${text.range(format.text(low), format.text(high))}</span>` : nothing}
        <span>${text.source}${text.colon}${this.source(formula.source)}</span></p>
    </div>`;
  }

  /** What tells a line from its neighbours of the same name: the numbers in which their formulas differ. */
  #difference(term: Term, siblings: Term[]): string {
    const alike = siblings.filter(other => other !== term && other.id === term.id && other.label === term.label && other.formula);
    if (alike.length === 0 || !term.formula) return '';
    const others = alike.flatMap(other => other.formula?.inputs ?? []);
    const differs = term.formula.inputs.filter(({ symbol, value }) => others.some(input => input.symbol === symbol && input.value !== value));
    return differs.slice(0, 2).map(({ symbol, value }) => `${this.text.symbols[symbol] ?? symbol} ${this.view.format.exact(value)}`).join(this.text.comma);
  }

  protected line(term: Term, path: string, whole: number, top: boolean, siblings: Term[] = []): TemplateResult {
    const open = this.opened.has(path);
    const difference = this.#difference(term, siblings);
    const { format } = this.view;
    return html`<li>
      <button type="button" class="line" data-path=${path} aria-expanded=${open} @click=${() => this.#toggle(path)}>
        ${top ? html`<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">${hatchDefinitions()}${swatch(term.id)}</svg>` : nothing}
        <span class="title">${term.label ? html`<code>${term.label}</code>` : termName(this.view, term.id)}${difference ? html` <span class="difference">${difference}</span>` : nothing}</span>
        ${quantity(format.memory(term.bytes))}<span class="share">${format.share(term.bytes, whole)}</span>
      </button>
      ${open ? this.#inside(term, path, whole) : nothing}</li>`;
  }

  #inside(term: Term, path: string, whole: number): TemplateResult {
    if (term.formula) return this.#explain(term, term.formula);
    const all = this.opened.has(`${path}/*`);
    const children = all ? term.children : term.children.slice(0, shownAtFirst);
    const rest = term.children.length - children.length;
    return html`${term.label ? nothing : html`<p class="about">${this.text.terms[term.id]?.about}</p>`}
      <ul>${children.map((child, index) => this.line(child, `${path}/${child.id}.${index}`, whole, false, term.children))}
        ${rest > 0 ? html`<li><button type="button"
          @click=${() => this.#toggle(`${path}/*`)}>${this.text.moreTensors(this.view.format.integer(rest))}</button></li>` : nothing}</ul>`;
  }

  protected source(id: string): TemplateResult {
    const { sources } = this.view.catalog;
    const source = sources.get(id);
    if (!source) void sources.rest().then(() => sources.get(id) && this.requestUpdate());
    return source?.address ? html`<a href=${source.address} target="_blank" rel="noopener noreferrer">${source.title}</a>` : html`${source?.title ?? id}`;
  }
}
