// When it peaks: the same memory at different moments; the largest counts.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing, svg } from 'lit';
import { linear } from '../charts/scale.ts';
import { hatchDefinitions, series, seriesStyles } from '../charts/series.ts';
import type { Report, Term } from '../../../wasm/plimsoll.ts';
import { Panel, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';

const barWidth = 320;

export class Moments extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, seriesStyles, css`
    ul { list-style: none; margin: 16px 0 0; padding: 0; }
    li { padding: 8px 0 12px; border-top: 1px solid var(--rule); }
    .head { display: flex; justify-content: space-between; gap: 16px; align-items: baseline; }
    .peak { color: var(--accent); font-size: var(--t0); font-weight: 600; margin-inline-start: 8px; }
    .worst .title, .worst .quantity { font-weight: 600; }
    .about { color: var(--muted); font-size: var(--t0); }
    svg { display: block; width: 100%; height: 12px; margin-top: 8px; }
  `];

  #bar(moment: Term, largest: number): TemplateResult {
    const x = linear(largest, 0, barWidth);
    let start = 0;
    return html`<svg viewBox=${`0 0 ${barWidth} 12`} preserveAspectRatio="none" aria-hidden="true">${hatchDefinitions()}${moment.children.map(part => {
      const from = x(start);
      start += part.bytes;
      const width = Math.max(0, x(start) - from);
      return svg`<rect class=${`fill-${series(part.id)}`} x=${from} y="0" width=${width} height="12" />
        <rect x=${from} y="0" width=${width} height="12" fill=${`url(#hatch-${series(part.id)})`} />`;
    })}</svg>`;
  }

  #moment(report: Report, moment: Term, largest: number): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const worst = moment.id === report.worst_moment;
    return html`<li class=${worst ? 'worst' : ''}>
      <div class="head">
        <span><span class="title">${termName(this.view, moment.id)}</span>${worst ? html`<span class="peak">▲ ${text.peak}</span>` : nothing}</span>
        ${quantity(format.memory(moment.bytes))}</div>
      <div class="about">${moment.children.map(part => `${termName(this.view, part.id)} ${format.text(part.bytes)}`).join(' + ')}</div>
      ${this.#bar(moment, largest)}</li>`;
  }

  override render(): TemplateResult {
    const { answer } = this.view;
    const { text } = this;
    const node = answer?.report.tree.children.find(term => term.combine === 'peak');
    if (!answer || !node) return html``;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.moments}</h2><p class="intro">${text.momentsIntro}</p>
      <ul>${node.children.map(moment => this.#moment(answer.report, moment, node.bytes))}</ul></section>`;
  }
}

customElements.define('pl-moments', Moments);
