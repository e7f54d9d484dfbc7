// What could not be read or computed: where, why, and what to do, in the reader's language.

import { type TemplateResult, css, html, nothing } from 'lit';
import { goTo } from '../state.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

export class Problem extends Panel {
  static override styles = [shared, css`
    .problem { border-inline-start: 3px solid var(--bad); padding: 4px 0 4px 16px; margin-top: 24px; }
    h2 { color: var(--bad); font-size: var(--t1); }
    dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 16px; margin: 8px 0 0; }
    dt { color: var(--muted); font-size: var(--t0); line-height: 24px; }
    button { margin-top: 8px; }
    dd { margin: 0; overflow-wrap: anywhere; }
  `];

  override render(): TemplateResult {
    const { answer, error, format } = this.view;
    const { text } = this;
    const chinese = format.language === 'zh';
    return html`<div role="alert">${error ? html`<div class="problem">
      <h2>${error.where.includes('config') ? text.stopped : text.stoppedElse}</h2>
      <dl>
        ${error.where ? html`<dt>${text.where}</dt><dd><code>${error.where}</code></dd>` : nothing}
        <dt>${text.why}</dt><dd>${chinese ? error.message_zh : error.message}</dd>
        <dt>${text.todo}</dt><dd>${chinese ? error.hint_zh : error.hint}</dd>
      </dl>
      ${answer ? html`<button type="button"
        @click=${() => this.send(goTo(this.view.state, answer.request))}>${answer.fallback ? text.backToDefault : text.back}</button>` : nothing}</div>` : nothing}</div>`;
  }
}

customElements.define('pl-problem', Problem);
