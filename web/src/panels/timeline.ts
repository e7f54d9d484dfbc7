// Memory over a step: the seven moments in order. The chosen one opens its terms below; its table has the same figures.

import { type CSSResult, type PropertyDeclarations, type SVGTemplateResult, type TemplateResult, css, html, nothing, svg } from 'lit';
import { hatchDefinitions, swatch } from '../charts/series.ts';
import { type TimelineData, timeline, timelineLeft, timelineStyles } from '../charts/timeline.ts';
import type { Report, StepMoment, Term, TrainingReport } from '../../../wasm/plimsoll.ts';
import { quantity, termName } from './panel.ts';
import { TermLines } from './term-lines.ts';
import { Width } from './width.ts';

interface Step {
  report: Report;
  training: TrainingReport;
  /** Terms that stand through the whole step, and the term of each moment. */
  standing: Term[];
  moments: (StepMoment & { term: Term | undefined })[];
  runtime: number;
  reserve: number;
  worst: number;
}

export class Timeline extends TermLines {
  static override properties: PropertyDeclarations = { chosen: { state: true } };

  static override styles: CSSResult[] = [...TermLines.styles, timelineStyles, css`
    .chart { min-height: 340px; margin-top: 24px; }
    .key { display: flex; gap: 4px 24px; flex-wrap: wrap; font-size: var(--t0); color: var(--muted); margin: 16px 0 0 ${timelineLeft}px; }
    .key span { display: inline-flex; gap: 8px; align-items: center; }
    .peak-word { color: var(--accent); font-size: var(--t0); margin-inline-start: 8px; }
    [role='tablist'] { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); margin-inline-start: ${timelineLeft}px; }
    [role='tab'] { color: var(--ink); padding: 6px 6px 8px; font-size: var(--t0); line-height: 1.35; display: flex; flex-direction: column;
      border-top: 2px solid transparent; align-items: center; text-align: center; }
    [role='tab']:hover { text-decoration: none; background: var(--raised); }
    [role='tab'][aria-selected='true'] { border-top-color: var(--accent); font-weight: 600; }
    [role='tab'] .number { display: none; color: var(--muted); }
    [role='tabpanel'] { margin-top: 24px; display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); column-gap: 64px;
      align-items: start; }
    h3 { font-size: var(--t1); color: var(--ink); margin: 0; }
    h4 { font-size: var(--t0); font-weight: 600; color: var(--muted); margin: 0; display: flex; justify-content: space-between; gap: 16px; }
    .about-moment { color: var(--muted); font-size: var(--t0); }
    .whole { grid-column: 1 / -1; margin-bottom: 16px; }
    .numbers { display: flex; flex-wrap: wrap; gap: 2px 32px; font-size: var(--t0); color: var(--muted); margin: 4px 0 0; }
    .numbers b { color: var(--ink); font-weight: 600; }
    .top { margin-top: 8px; }
    .scroll { overflow-x: auto; }
    details table { margin-top: 8px; }
    .none { color: var(--muted); font-size: var(--t0); padding: 12px 0; border-block: 1px solid var(--rule); margin-top: 8px; }
    @media (max-width: 960px) { [role='tabpanel'] { grid-template-columns: minmax(0, 1fr); row-gap: 24px; } }
    @media (max-width: 760px) {
      .key { margin-inline-start: 0; }
      [role='tablist'] { grid-template-columns: minmax(0, 1fr); margin: 16px 0 0; }
      [role='tab'] { flex-direction: row; justify-content: flex-start; text-align: start; gap: 12px; border-top: 1px solid var(--rule);
        min-height: 44px; padding: 4px 8px; }
      [role='tab'][aria-selected='true'] { border-top-color: var(--rule); box-shadow: inset 3px 0 var(--accent); background: var(--raised); }
      [role='tab'] .number { display: inline; min-width: 1ch; }
      [role='tab'] .quantity { margin-inline-start: auto; }
    }
  `];

  readonly #width = new Width(this);
  /** The id of the moment that the reader opened; none: the peak is open. */
  declare chosen: string;

  constructor() {
    super();
    this.chosen = '';
  }

  #step(report: Report, training: TrainingReport): Step {
    const { children } = report.tree;
    const peak = children.find(term => term.combine === 'peak');
    const apart = new Set(['allocator_reserve', 'runtime_overhead']);
    const bytes = (id: string): number => children.find(term => term.id === id)?.bytes ?? 0;
    return {
      report, training,
      standing: children.filter(term => term !== peak && !apart.has(term.id)),
      moments: training.moments.map(moment => ({ ...moment, term: peak?.children.find(term => term.id === moment.id) })),
      runtime: bytes('runtime_overhead'),
      reserve: bytes('allocator_reserve'),
      worst: Math.max(0, training.moments.findIndex(moment => moment.id === report.worst_moment)),
    };
  }

  #data(step: Step, chosen: number): TimelineData {
    const { text } = this;
    const { format } = this.view;
    const { report, runtime } = step;
    const worst = step.moments[step.worst]!;
    const usable = report.verdict?.usable_bytes ?? 0;
    return {
      summary: text.timeline.summary(termName(this.view, worst.id), format.columnText(worst.allocated_bytes), format.columnText(step.training.standing_bytes)),
      runtime: { id: 'runtime_overhead', bytes: runtime },
      standing: step.standing,
      moments: step.moments.map(moment => ({
        id: moment.id, moving: moment.term?.children ?? [], allocated: moment.allocated_bytes, first: moment.first_step_bytes,
      })),
      worst: step.worst,
      chosen,
      reserve: step.reserve,
      usable: report.verdict ? { bytes: usable, label: `${text.usable} ${format.columnText(usable)}` } : null,
      peak: text.timeline.peakOnDevice(format.columnText(report.needed_bytes)),
      unitBytes: format.unitBytes,
      unit: format.unit,
      axis: value => format.axis(value),
    };
  }

  #key(event: KeyboardEvent, index: number, step: Step): void {
    const last = step.moments.length - 1;
    const targets: Record<string, number> = {
      ArrowRight: index === last ? 0 : index + 1, ArrowLeft: index === 0 ? last : index - 1,
      ArrowDown: index === last ? 0 : index + 1, ArrowUp: index === 0 ? last : index - 1, Home: 0, End: last,
    };
    const next = targets[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.chosen = step.moments[next]!.id;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }

  #tabs(step: Step, chosen: number): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    return html`<div role="tablist" aria-label=${text.timeline.moments}>${step.moments.map((moment, index) => html`<button type="button" role="tab"
      id=${`tab-${index}`} aria-selected=${index === chosen} aria-controls="moment" tabindex=${index === chosen ? 0 : -1}
      @click=${() => { this.chosen = moment.id; }} @keydown=${(event: KeyboardEvent) => this.#key(event, index, step)}>
      <span class="number" aria-hidden="true">${index + 1}</span><span>${termName(this.view, moment.id)}${index === step.worst
        ? html`<span class="hidden">${text.comma}${text.peak}</span>` : nothing}</span> ${quantity(format.column(moment.allocated_bytes))}</button>`)}</div>`;
  }

  #opened(step: Step, chosen: number): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const moment = step.moments[chosen]!;
    const moving = moment.term?.children ?? [];
    const whole = moment.allocated_bytes;
    return html`<div id="moment" role="tabpanel" aria-labelledby=${`tab-${chosen}`}>
      <div class="whole"><h3>${termName(this.view, moment.id)}${chosen === step.worst ? html`<span class="peak-word">▲ ${text.peak}</span>` : nothing}</h3>
        <p class="about-moment">${text.terms[moment.id]?.about}</p>
        <p class="numbers"><span>${text.timeline.allocated} <b>${quantity(format.memory(moment.allocated_bytes))}</b></span>
          <span>${text.timeline.firstStep} <b>${quantity(format.memory(moment.first_step_bytes))}</b></span></p></div>
      <div><h4><span>${text.timeline.moving}</span>${quantity(format.memory(moment.term?.bytes ?? 0))}</h4>
        ${moving.length ? html`<ul class="top">${moving.map(term => this.line(term, `/${moment.id}/${term.id}`, whole, true))}</ul>`
          : html`<p class="none">${text.timeline.nothingMoves}</p>`}</div>
      <div><h4><span>${text.timeline.standing}</span>${quantity(format.memory(step.training.standing_bytes))}</h4>
        <ul class="top">${step.standing.map(term => this.line(term, `/standing/${term.id}`, whole, true))}</ul></div>
    </div>`;
  }

  /** What the chart shows beside the terms that are listed below it. */
  #legend(): TemplateResult {
    const { text } = this;
    const { key } = text.timeline;
    const entry = (drawing: SVGTemplateResult, words: string): TemplateResult => html`<span><svg width="16" height="16" viewBox="0 0 16 16"
      aria-hidden="true">${hatchDefinitions()}${drawing}</svg>${words}</span>`;
    return html`<div class="key">${entry(svg`<path class="first" d="M0 8h16" />`, key.firstStep)}
      ${entry(swatch('allocator_reserve'), key.reserve)}${entry(swatch('runtime_overhead'), key.runtime)}</div>`;
  }

  #table(step: Step): TemplateResult {
    const { timeline: words } = this.text;
    const { format } = this.view;
    const cell = (bytes: number): TemplateResult => html`<td class="end">${quantity(format.column(bytes))}</td>`;
    return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="title"><table aria-labelledby="title">
      <thead><tr><th scope="col">${words.moment}</th><th scope="col" class="end">${words.standing}</th>
        <th scope="col" class="end">${words.moving}</th><th scope="col" class="end">${words.allocated}</th><th scope="col" class="end">${this.text.exactBytes}</th>
        <th scope="col" class="end">${words.firstStep}</th></tr></thead>
      <tbody>${step.moments.map((moment, index) => html`<tr>
        <th scope="row">${termName(this.view, moment.id)}${index === step.worst ? html`<span class="peak-word">▲ ${this.text.peak}</span>` : nothing}</th>
        ${cell(step.training.standing_bytes)}${cell(moment.term?.bytes ?? 0)}${cell(moment.allocated_bytes)}
        <td class="end figure">${format.bytes(moment.allocated_bytes)}</td>${cell(moment.first_step_bytes)}</tr>`)}</tbody></table></div>`;
  }

  override render(): TemplateResult {
    const { answer } = this.view;
    const { text } = this;
    if (!answer?.report.training) return html``;
    const step = this.#step(answer.report, answer.report.training);
    const at = step.moments.findIndex(moment => moment.id === this.chosen);
    const chosen = at < 0 ? step.worst : at;
    const choose = (index: number): void => { this.chosen = step.moments[index]!.id; };
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.timeline.title}</h2><p class="intro">${text.timeline.intro}</p>
      <div class="chart">${this.#width.value > 0 ? timeline(this.#data(step, chosen), this.#width.value, choose) : nothing}</div>
      ${this.#tabs(step, chosen)}
      ${this.#legend()}
      ${this.#opened(step, chosen)}
      <details><summary>${text.tableView}</summary>${this.#table(step)}</details>
    </section>`;
  }
}

customElements.define('pl-timeline', Timeline);
