// Three figures beside the verdict: how full, how long, how many.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

export class Readouts extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    :host { padding-bottom: 8px; }
    dl { display: flex; gap: 16px 40px; margin: 0; align-items: flex-start; flex-wrap: wrap; }
    div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
    dt { font-size: var(--t0); color: var(--muted); max-width: 15ch; line-height: 1.35; }
    dd { margin: 0; font-size: var(--t3); font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
    button { display: none; font-size: var(--t0); }
    @media (max-width: 1120px) { :host { padding: 16px 0 0; } }
    @media (max-width: 640px) { dl { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; } dd { font-size: var(--t2); }
      button { display: block; } }
  `];

  override render(): TemplateResult {
    const { answer, format, text } = this.view;
    const report = answer?.report;
    if (!report?.verdict || !report.capacity) return html``;
    const readouts = report.training ? text.training.readouts : text.readouts;
    const tokens = report.capacity.longest_context.value;
    return html`<dl lang=${format.language}>
      <div><dt>${readouts.used}</dt><dd>${format.percent(report.verdict.used_permille)}</dd></div>
      <div><dt>${readouts.longest}</dt><dd>${format.integer(tokens)}</dd></div>
      <div><dt>${readouts.sequences}</dt><dd>${format.integer(report.capacity.most_sequences.value)}</dd></div>
    </dl>
    ${tokens > 0 ? html`<button type="button" @click=${() => this.sendLength(tokens)}>${report.training ? text.training.useLongest : text.useLongestContext}</button>` : nothing}`;
  }
}

customElements.define('pl-readouts', Readouts);
