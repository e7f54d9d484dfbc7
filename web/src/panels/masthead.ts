// Name, mark, the switch between the two questions, and the three switches of how things are shown: language, unit, theme.

import { type TemplateResult, css, html, svg } from 'lit';
import { live } from 'lit/directives/live.js';
import { loadLineMark } from '../charts/mark.ts';
import type { Unit } from '../format.ts';
import type { Language } from '../language/index.ts';
import { type Task, type Theme, switchTask, taskOf } from '../state.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';
import { seriesStyles } from '../charts/series.ts';

interface Choice<T> {
  value: T;
  label: string;
  lang?: string;
}

// Each language in its own words, for those who cannot read the other.
const languages: Choice<Language>[] = [{ value: 'en', label: 'English', lang: 'en' }, { value: 'zh', label: '中文', lang: 'zh-CN' }];
const units: Choice<Unit>[] = [{ value: 'GiB', label: 'GiB' }, { value: 'GB', label: 'GB' }];

const tasks: Task[] = ['inference', 'training'];

export class Masthead extends Panel {
  static override styles = [shared, seriesStyles, css`
    header { display: flex; align-items: center; gap: 8px 32px; flex-wrap: wrap; padding: 20px 0; }
    .name { display: flex; align-items: center; gap: 12px; font-size: var(--t2); font-weight: 600; line-height: 1; letter-spacing: -0.01em; margin: 0; }
    .tagline { color: var(--muted); font-size: var(--t0); flex: 1; min-width: 0; }
    .switches { display: flex; gap: 4px 24px; flex-wrap: wrap; }
    [role='group'] { display: flex; }
    button { color: var(--muted); font-size: var(--t0); padding: 0 8px; min-height: 28px; min-width: 28px; text-align: center; }
    button[aria-pressed='true'] { color: var(--ink); font-weight: 600; text-decoration: underline; text-decoration-color: var(--accent);
      text-decoration-thickness: 2px; text-underline-offset: 6px; }
    svg { display: block; }
    .tasks { display: flex; gap: 4px; }
    .tasks label { position: relative; display: inline-flex; align-items: center; padding: 0 12px; min-height: 32px; color: var(--muted);
      border-bottom: 2px solid transparent; cursor: pointer; white-space: nowrap; }
    .tasks label:hover { color: var(--ink); }
    .tasks .chosen { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
    .tasks input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
    .tasks label:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
    .tasks label:not(:has(:focus-visible)) { outline: none; }
    @media (max-width: 1120px) { .tagline { display: none; } header { justify-content: space-between; } }
    @media (max-width: 640px) { header { padding: 8px 0; gap: 4px 8px; } .tasks label { padding: 0 8px; min-height: 44px; } .switches { gap: 0 8px; margin-inline: -8px; } button { min-height: 44px; } }
  `];

  #choices<T>(label: string, current: T, choices: Choice<T>[], choose: (value: T) => void): TemplateResult {
    return html`<div role="group" aria-label=${label}>${choices.map(choice => html`<button
      type="button" lang=${choice.lang ?? this.view.format.language} aria-pressed=${choice.value === current}
        @click=${() => choose(choice.value)}>${choice.label}</button>`)}</div>`;
  }

  /** One of two, so the arrows move between them as in any radio group. */
  #tasks(): TemplateResult {
    const { state } = this.view;
    const current = taskOf(state);
    return html`<div class="tasks" role="radiogroup" aria-label=${this.text.task}>${tasks.map(task => html`<label class=${task === current ? 'chosen' : ''}>
      <input type="radio" name="task" value=${task} .checked=${live(task === current)}
        @change=${() => this.send(switchTask(this.view.state, task))} />${this.text.tasks[task]}</label>`)}</div>`;
  }

  override render(): TemplateResult {
    const { text } = this;
    const { state, format } = this.view;
    return html`<header>
      <h1 class="name"><svg width="38" height="26" viewBox="0 0 38 26" aria-hidden="true">${svg`${loadLineMark(19, 13, 9, false)}`}</svg>Plimsoll</h1>
      ${this.#tasks()}
      <div class="tagline">${text.tagline}</div>
      <div class="switches">
        ${this.#choices(text.language, format.language, languages, language => this.send({ language }))}
        ${this.#choices(text.unit, state.unit, units, unit => this.send({ unit }))}
        ${this.#choices<Theme>(text.theme, state.theme, (['auto', 'light', 'dark'] as const).map(value => ({ value, label: text.themes[value] })), theme => this.send({ theme }))}
      </div>
    </header>`;
  }
}

customElements.define('pl-masthead', Masthead);
