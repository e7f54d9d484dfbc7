// A number that is typed: 8192, 8k or 10万 where tokens are meant. What is being typed stays as typed until it is finished;
// what is no number is said, and changes nothing.

import { LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult, css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { parseCount, parseTokens } from '../format.ts';
import { fields, shared } from './shared.ts';

export class NumberField extends LitElement {
  static override properties: PropertyDeclarations = {
    label: {}, value: {}, kind: {}, wrong: {}, help: {}, placeholder: {}, sign: {}, changed: { type: Boolean }, optional: { type: Boolean },
    of: { attribute: false }, problem: { state: true },
  };

  static override styles = [shared, fields, css`
    .value { display: flex; align-items: baseline; gap: 8px; }
    .sign { color: var(--muted); }
  `];

  declare label: string;
  /** The value as it is shown while nobody types. */
  declare value: string;
  declare kind: 'tokens' | 'count';
  /** Said when the text is no number. */
  declare wrong: string;
  declare help: string;
  declare placeholder: string;
  declare sign: string;
  declare changed: boolean;
  /** An empty field is an answer too. */
  declare optional: boolean;
  /** The request this field is part of: another one clears what was typed and not taken. */
  declare of: object;
  declare problem: boolean;
  #typed: string | null = null;

  constructor() {
    super();
    this.problem = false;
    this.help = '';
    this.placeholder = '';
    this.sign = '';
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('of')) return;
    this.#typed = null;
    this.problem = false;
  }

  #finish(): void {
    if (this.#typed === null || this.#typed === this.value) {
      this.#typed = null;
      this.problem = false;
      return;
    }
    const empty = this.optional && this.#typed.trim() === '';
    const value = empty ? null : (this.kind === 'tokens' ? parseTokens : parseCount)(this.#typed);
    this.problem = value === null && !empty;
    if (this.problem) return;
    this.#typed = null;
    this.dispatchEvent(new CustomEvent<number | null>('take', { detail: value }));
    this.requestUpdate();
  }

  override render(): TemplateResult {
    return html`<div class="field">
      <label for="input">${this.label}${this.changed ? html`<span class="changed"></span>` : nothing}</label>
      <div class="value">${this.sign ? html`<span class="sign" aria-hidden="true">${this.sign}</span>` : nothing}
        <input id="input" type="text" inputmode=${this.kind === 'count' ? 'numeric' : 'text'} autocomplete="off" placeholder=${this.placeholder}
          .value=${live(this.#typed ?? this.value)} aria-invalid=${this.problem} aria-describedby=${this.problem ? 'help problem' : 'help'} title=${this.help}
          @input=${(event: Event) => { this.#typed = (event.target as HTMLInputElement).value; }}
          @keydown=${(event: KeyboardEvent) => { if (event.key === 'Enter') this.#finish(); }} @change=${() => this.#finish()}
            @blur=${() => this.#finish()} /></div>
      <span id="help" class="hidden">${this.help}</span>
      ${this.problem ? html`<div id="problem" class="problem" role="alert">${this.wrong}</div>` : nothing}
    </div>`;
  }
}

customElements.define('pl-number', NumberField);
