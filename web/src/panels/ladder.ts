// Full, LoRA and QLoRA side by side on one scale; a press takes the method.

import { type TemplateResult, css, html, nothing, svg } from 'lit';
import { ladderStyles, rungBar } from '../charts/ladder.ts';
import { hatchDefinitions, seriesStyles, swatch } from '../charts/series.ts';
import type { LadderRung, Report, TrainingReport } from '../../../wasm/plimsoll.ts';
import { trained } from '../state.ts';
import { Panel, methodName, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';
import { verdictGlyph, verdictStyles } from './verdict.ts';
import { Width } from './width.ts';

export class Ladder extends Panel {
  static override styles = [shared, seriesStyles, ladderStyles, verdictStyles, css`
    ul { list-style: none; margin: 16px 0 0; padding: 0; }
    .rungs > li { border-top: 1px solid var(--rule); padding: 10px 0 12px; }
    .head { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 4px 24px; align-items: center; }
    .head > button { font-weight: 600; }
    .word { display: inline-flex; gap: 8px; align-items: center; }
    .word > span { color: var(--ink); }
    .about { grid-column: 1 / -1; color: var(--muted); font-size: var(--t0); }
    .current > .head > button { color: var(--ink); }
    .bar { margin-top: 4px; }
    .key { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: var(--t0); color: var(--muted); margin-top: 4px; }
    .key span { display: inline-flex; gap: 8px; align-items: center; }
    .scroll { overflow-x: auto; }
    @media (max-width: 640px) {
      .head { grid-template-columns: minmax(0, 1fr) auto; }
      .head .quantity { grid-column: 1; }
      .head .word { grid-column: 2; grid-row: 1; }
    }
  `];

  readonly #width = new Width(this);

  #take(rung: LadderRung): void {
    this.sendRequest(request => {
      Object.assign(request.workload, { method: rung.method === 'lora' ? undefined : rung.method });
      delete request.weight_format;
    });
  }

  #rung(rung: LadderRung, report: Report, most: number): TemplateResult {
    const { ladder, outcome, comma } = this.text;
    const current = trained(report.request)?.method === rung.method;
    const name = methodName(this.view, rung.method);
    return html`<li class=${current ? 'current' : ''}>
      <div class="head"><button type="button" aria-pressed=${current}
          aria-label=${rung.outcome ? `${name}${comma}${outcome[rung.outcome]}` : nothing}
          @click=${() => this.#take(rung)}>${name}</button>
        ${rung.outcome ? html`<span class="word ${rung.outcome}" aria-hidden="true">${verdictGlyph(rung.outcome, 18)}
          <span>${outcome[rung.outcome]}</span></span>` : nothing}
        ${quantity(this.view.format.column(rung.needed_bytes))}
        <span class="about">${ladder.about[rung.method]}</span></div>
      <div class="bar">${this.#width.value > 0
        ? rungBar({ parts: rung.segments, usable: report.verdict?.usable_bytes ?? null, most }, this.#width.value) : nothing}</div></li>`;
  }

  #parts(training: TrainingReport): string[] {
    return [...new Set(training.ladder.flatMap(rung => rung.segments.map(segment => segment.id)))];
  }

  #table(report: Report, training: TrainingReport): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const rungs = (cell: (rung: LadderRung) => TemplateResult | string): TemplateResult[] =>
      training.ladder.map(rung => html`<td class="end">${cell(rung)}</td>`);
    const part = (rung: LadderRung, id: string): TemplateResult | string => {
      const bytes = rung.segments.find(segment => segment.id === id)?.bytes;
      return bytes === undefined ? '—' : quantity(format.memory(bytes));
    };
    return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="title"><table aria-labelledby="title">
      <thead><tr><th scope="col">${text.part}</th>${training.ladder.map(rung => html`<th scope="col" class="end">${methodName(this.view, rung.method)}</th>`)}</tr></thead>
      <tbody>${this.#parts(training).map(id => html`<tr><th scope="row">${termName(this.view, id)}</th>${rungs(rung => part(rung, id))}</tr>`)}
        <tr><th scope="row">${text.total}</th>${rungs(rung => quantity(format.memory(rung.needed_bytes)))}</tr>
        ${report.verdict ? html`<tr><th scope="row">${text.columns.outcome}</th>${rungs(rung => rung.outcome ? text.outcome[rung.outcome] : '—')}</tr>` : nothing}
      </tbody></table></div>`;
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const { text } = this;
    const training = answer?.report.training;
    if (!answer || !training || training.ladder.length === 0) return html``;
    const { report } = answer;
    const most = Math.max(...training.ladder.map(rung => rung.needed_bytes));
    const { ladder } = text;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${ladder.title}</h2>
      <p class="intro">${ladder.intro}${report.verdict ? ladder.line(format.columnText(report.verdict.usable_bytes)) : nothing}</p>
      <ul class="rungs">${training.ladder.map(rung => this.#rung(rung, report, most))}</ul>
      <div class="key">${this.#parts(training).map(id => html`<span><svg width="16" height="16" viewBox="0 0 16 16"
        aria-hidden="true">${svg`${hatchDefinitions()}${swatch(id)}`}</svg>${termName(this.view, id)}</span>`)}</div>
      <details><summary>${text.tableView}</summary>${this.#table(report, training)}</details>
    </section>`;
  }
}

customElements.define('pl-ladder', Ladder);
