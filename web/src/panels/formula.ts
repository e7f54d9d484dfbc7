// Sets the core's plain formula text as people write it: L · n_kv becomes italic letters with indices and a multiplication sign.

import { type TemplateResult, css, html } from 'lit';
import type { Formula } from '../../../wasm/plimsoll.ts';

const words = /[A-Za-z][A-Za-z0-9_]*/g;

const letter = (symbol: string): TemplateResult => {
  const [base, ...index] = symbol.split('_');
  return html`<var>${base}${index.length ? html`<sub>${index.join(' ')}</sub>` : ''}</var>`;
};

// ceil_div(K, 16) is written ⌈K ÷ 16⌉, the innermost first.
function brackets(text: string): string {
  const written = text.replace(/ceil_div\(([^,()]+), ([^,()]+)\)/g, '⌈$1 / $2⌉');
  return written === text ? text : brackets(written);
}

const signs = (text: string): string => text.replaceAll('*', '×').replaceAll('/', '÷');

/** Pieces of the text: what is a symbol, and what lies between. */
function pieces(formula: Formula, symbol: (name: string) => TemplateResult | string): (TemplateResult | string)[] {
  const known = new Set(formula.inputs.map(input => input.symbol));
  const parts: (TemplateResult | string)[] = [];
  const text = brackets(formula.text);
  let at = 0;
  for (const match of text.matchAll(words)) {
    parts.push(signs(text.slice(at, match.index)), known.has(match[0]) ? symbol(match[0]) : match[0]);
    at = match.index + match[0].length;
  }
  return [...parts, signs(text.slice(at))];
}

export const typeset = (formula: Formula): TemplateResult => html`${pieces(formula, letter)}`;

/** The same formula with the numbers in place of the letters. */
export function substituted(formula: Formula, show: (value: number) => string): TemplateResult {
  const values = new Map(formula.inputs.map(input => [input.symbol, input.value]));
  return html`<span class="figure">${pieces(formula, name => show(values.get(name) ?? 0))}</span>`;
}

export const formulaStyles = css`
  .formula { margin: 12px 0; line-height: 1.9; overflow-wrap: anywhere; }
  .formula .figure { white-space: normal; }
  .step { color: var(--ink); }
  var { font-family: 'STIX Two Text', 'Cambria Math', Cambria, Georgia, 'Times New Roman', serif; font-style: italic; font-size: 1.06em; }
  sub { font-size: 0.72em; line-height: 0; margin-inline-start: 1px; }
  .inside table { width: auto; font-size: var(--t0); }
  .inside caption { text-align: start; color: var(--muted); padding-bottom: 4px; }
  .inside td, .inside th[scope='row'] { padding: 3px 24px 3px 0; }
  .inside var { font-size: 1.2em; }
  .inside td code { color: var(--muted); margin-inline-start: 8px; }
  .origin { font-size: var(--t0); color: var(--muted); margin-top: 12px; display: flex; flex-direction: column; gap: 2px; }
  .origin b { color: var(--ink); font-weight: 600; }
`;
