// The answer in words: what it needs of what there is, where, how much is left, and what to do next. Stays in view on a narrow screen.

import { type PropertyDeclarations, type PropertyValues, type TemplateResult, css, html, nothing, svg } from 'lit';
import { linear } from '../charts/scale.ts';
import { series, seriesStyles } from '../charts/series.ts';
import type { FitOutcome, Report } from '../../../wasm/plimsoll.ts';
import { changeText, savesHere } from './change-text.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';
import { served, trained, withChange } from '../state.ts';

const glyphs: Record<FitOutcome, string> = {
  fits: 'M6 13l5 5 9-11',
  tight: 'M5 14.5c3-5 5.500-4 8-1.500s5 3 8-1.500',
  does_not_fit: 'M7 7l12 12M19 7L7 19',
};

export const verdictGlyph = (outcome: FitOutcome, size: number): TemplateResult =>
  html`<svg class=${`glyph ${outcome}`} width=${size} height=${size} viewBox="0 0 26 26" aria-hidden="true">${svg`<path d=${glyphs[outcome]} />`}</svg>`;

export const verdictStyles = css`
  .glyph { flex: none; fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
  .fits { color: var(--good); }
  .tight { color: var(--near); }
  .does_not_fit { color: var(--bad); }
`;

export class VerdictPanel extends Panel {
  static override properties: PropertyDeclarations = { settling: { state: true } };

  static override styles = [shared, seriesStyles, verdictStyles, css`
    :host { padding: 28px 0 8px; background: var(--paper); }
    .sentence { max-width: none; }
    .headline { display: flex; align-items: center; gap: 12px 16px; flex-wrap: wrap; font-size: var(--tv); font-weight: 600; line-height: 1.15;
      letter-spacing: -0.02em; }
    .word { display: flex; align-items: center; gap: 12px; }
    .numbers { font-variant-numeric: tabular-nums; white-space: nowrap; }
    .numbers .unit { font-size: var(--t3); letter-spacing: 0; }
    .rest { display: block; font-size: var(--t2); margin-top: 10px; line-height: 1.4; }
    .place { color: var(--muted); }
    .apply { font-size: var(--t1); margin-inline-start: 12px; vertical-align: 2px; }
    .stale { border-inline-start: 3px solid var(--near); padding-inline-start: 12px; margin-bottom: 12px; font-size: var(--t0); color: var(--near);
      font-weight: 600; }
    .strip { display: none; }
    @media (max-width: 640px) {
      :host { position: sticky; top: 0; bottom: 0; z-index: 3; padding: 8px 0 6px; margin: 0 calc(-1 * var(--gutter)); padding-inline: var(--gutter);
        border-block: 1px solid var(--rule); }
      .headline { font-size: var(--t2); gap: 8px; letter-spacing: -0.01em; justify-content: space-between; flex-wrap: nowrap; }
      .numbers .unit { font-size: var(--t0); }
      .word { gap: 6px; white-space: nowrap; }
      .glyph { width: 20px; height: 20px; }
      .rest { font-size: var(--t0); margin-top: 2px; }
      .place { display: none; }
      .apply { display: none; }
      .stale { margin-bottom: 4px; padding-inline-start: 8px; }
      .strip { display: block; width: 100%; height: 8px; margin-top: 4px; }
    }
    @media (max-width: 370px) { .headline { flex-wrap: wrap; gap: 0 8px; } }
  `];

  declare settling: boolean;
  #timer = 0;

  constructor() {
    super();
    this.settling = false;
  }

  // A reader of the live region hears the settled answer, not every step of a slider.
  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('view')) return;
    this.toggleAttribute('stale', Boolean(this.view.error));
    this.settling = true;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => { this.settling = false; }, 500);
  }

  #next(report: Report): TemplateResult | typeof nothing {
    const { text } = this;
    const { format } = this.view;
    if (!report.verdict || !report.capacity) return nothing;
    if (report.verdict.outcome !== 'does_not_fit') {
      const { longest_context: longest } = report.capacity;
      const tokens = format.integer(longest.value);
      const training = trained(report.request);
      const current = (training?.sequence_length ?? served(report.request)?.max_model_len) === longest.value;
      const [whole, part] = training ? [text.training.fullSequenceFits, text.training.longestFits] : [text.fullContextFits, text.longestFits];
      return html`${longest.limit === 'model' ? whole(tokens) : part(tokens)}${current || longest.value === 0 ? nothing
        : html`<button type="button" class="apply" @click=${() => this.sendLength(longest.value)}>${text.useLongest}</button>`}`;
    }
    const [cheapest] = report.advice;
    if (!cheapest) return html`${text.noChange}`;
    const words = changeText(this.view, cheapest);
    const elsewhere = report.training ? text.training.cheapestDevice : text.cheapestDevice;
    return html`${savesHere(cheapest) ? text.cheapest(words, format.text(cheapest.saved_bytes)) : elsewhere(words, format.columnText(cheapest.needed_bytes))}<button
      type="button" class="apply" @click=${() => this.send({ request: withChange(this.view.state.request, cheapest, report.request) })}>${text.apply}</button>`;
  }

  #sentence(report: Report): TemplateResult {
    const { text } = this;
    const { format } = this.view;
    const { verdict, device } = report;
    if (!verdict || !device) return html`<span class="headline">${text.neededOnly(format.columnText(report.needed_bytes))}</span>`;
    const needed = format.column(verdict.needed_bytes);
    const usable = format.column(verdict.usable_bytes);
    const place = device.device_count === 1 ? text.placeOne(device.name) : text.placeMany(format.integer(device.device_count), device.name);
    const room = verdict.headroom_bytes >= 0 ? text.free(format.columnText(verdict.headroom_bytes)) : text.short(format.columnText(-verdict.headroom_bytes));
    return html`<span class="headline"><span class="word ${verdict.outcome}">${verdictGlyph(verdict.outcome, 34)}${text.outcome[verdict.outcome]}</span>
        <span class="numbers">${text.numbers(needed.number, usable.number)} <span class="unit">${usable.unit}</span></span></span>
      <span class="rest"><span class="place">${place}${text.comma}${room}${text.stop}</span>${this.#next(report)}</span>`;
  }

  #strip(report: Report): TemplateResult | typeof nothing {
    if (!report.verdict) return nothing;
    const x = linear(Math.max(report.verdict.usable_bytes, report.needed_bytes), 0, 1000);
    let start = 0;
    return html`<svg class="strip" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">${report.segments.map(segment => {
      const from = x(start);
      start += segment.bytes;
      return svg`<rect class=${`fill-${series(segment.id)}`} x=${from} y="1" width=${Math.max(0, x(start) - from)} height="6" />`;
    })}${svg`<rect fill="var(--accent)" x=${Math.min(994, x(report.verdict.usable_bytes))} y="0" width="6" height="8" />`}</svg>`;
  }

  override render(): TemplateResult {
    const { answer, error } = this.view;
    return html`${error && answer ? html`<p class="stale">${answer.fallback ? this.text.fallback : this.text.previous}</p>` : nothing}
      <p class="sentence" id="verdict" role="status" aria-busy=${this.settling}
        aria-label=${this.text.verdict}>${answer ? this.#sentence(answer.report) : nothing}</p>
      ${answer ? this.#strip(answer.report) : nothing}`;
  }
}

customElements.define('pl-verdict', VerdictPanel);
