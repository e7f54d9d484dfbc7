// An editable combobox with a list, after the ARIA Authoring Practices: type to filter, arrows to move, Enter to take, Escape to leave.

import { LitElement, type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { fields, shared } from './shared.ts';

export interface Option {
  value: string;
  label: string;
  /** Said beside the label, and searched too. */
  detail?: string;
  group?: string;
  /** Other names, searched and not shown. */
  also?: string;
}

export class Combobox extends LitElement {
  static override properties: PropertyDeclarations = {
    label: {}, placeholder: {}, empty: {}, value: {}, shown: {}, changed: { type: Boolean },
    options: { attribute: false }, extra: { attribute: false },
    open: { state: true }, query: { state: true }, active: { state: true },
  };

  static override styles = [shared, fields, css`
    .field { position: relative; }
    ul { position: absolute; top: 100%; left: 0; z-index: 4; margin: 4px 0 0; padding: 8px 0; list-style: none; min-width: max(100%, 320px);
      max-width: min(440px, calc(100vw - 32px));
      max-height: min(400px, 60vh); overflow-y: auto; background: var(--paper); border: 1px solid var(--edge); border-radius: 4px; }
    ul.leftward { left: auto; right: 0; }
    li { padding: 4px 12px; min-height: 32px; display: flex; justify-content: space-between; align-items: baseline; gap: 16px; cursor: pointer; }
    li.group { font-size: var(--t0); font-weight: 600; color: var(--muted); cursor: default; padding-top: 12px; }
    li .detail { color: var(--muted); font-size: var(--t0); white-space: nowrap; }
    li[aria-selected='true'] { font-weight: 600; }
    li.active { background: var(--raised); box-shadow: inset 3px 0 var(--accent); }
    li.none { color: var(--muted); cursor: default; }
    @media (max-width: 640px) { li { min-height: 44px; align-items: center; } }
    @media (forced-colors: active) { li.active { outline: 2px solid Highlight; outline-offset: -2px; } }
  `];

  declare label: string;
  declare placeholder: string;
  declare empty: string;
  declare value: string;
  /** Text in the field while it is closed. */
  declare shown: string;
  declare changed: boolean;
  declare options: Option[];
  /** Options made from what is typed, such as a bare size. */
  declare extra: (query: string) => Option[];
  declare open: boolean;
  declare query: string;
  declare active: number;

  constructor() {
    super();
    this.options = [];
    this.extra = () => [];
    this.open = false;
    this.changed = false;
    this.query = '';
    this.active = -1;
  }

  #matches(): Option[] {
    const words = this.query.toLowerCase().split(/[\s]+/).filter(Boolean);
    const found = this.options.filter(option => {
      const haystack = `${option.label} ${option.value} ${option.detail ?? ''} ${option.group ?? ''} ${option.also ?? ''}`.toLowerCase();
      return words.every(word => haystack.includes(word));
    });
    return [...this.extra(this.query.trim()), ...found];
  }

  #show(): void {
    if (this.open) return;
    this.open = true;
    this.query = '';
    this.active = this.#matches().findIndex(option => option.value === this.value);
  }

  #close(): void {
    this.open = false;
    this.query = '';
    this.active = -1;
  }

  #take(option: Option | undefined): void {
    if (!option) return;
    this.dispatchEvent(new CustomEvent<string>('take', { detail: option.value }));
    this.#close();
  }

  #key(event: KeyboardEvent): void {
    const matches = this.#matches();
    const last = matches.length - 1;
    const moves: Record<string, () => void> = {
      ArrowDown: () => { if (this.open) this.active = this.active >= last ? 0 : this.active + 1; else this.#show(); },
      ArrowUp: () => { if (this.open) this.active = this.active <= 0 ? last : this.active - 1; else this.#show(); },
      PageDown: () => { if (this.open) this.active = Math.min(last, this.active + 10); },
      PageUp: () => { if (this.open) this.active = Math.max(0, this.active - 10); },
      Enter: () => { if (this.open) this.#take(matches[this.active] ?? (this.query ? matches[0] : undefined)); else this.#show(); },
      Escape: () => this.#close(),
    };
    if (event.key === 'Tab') return this.#close();
    const move = moves[event.key];
    if (!move || event.isComposing) return;
    event.preventDefault();
    move();
  }

  protected override updated(): void {
    const list = this.renderRoot.querySelector('ul');
    if (!list) return;
    // A list that would leave the window on the right opens to the left instead.
    list.classList.toggle('leftward', this.getBoundingClientRect().left + list.offsetWidth > document.documentElement.clientWidth);
    list.querySelector('li.active')?.scrollIntoView({ block: 'nearest' });
  }

  #list(matches: Option[]): TemplateResult {
    return html`<ul role="listbox" id="list" aria-label=${this.label} @pointerdown=${(event: Event) => event.preventDefault()}>
      ${matches.length === 0 ? html`<li role="option" aria-selected="false" aria-disabled="true" class="none">${this.empty}</li>` : nothing}
      ${matches.map((option, index) => html`${option.group && option.group !== matches[index - 1]?.group
        ? html`<li class="group" role="presentation">${option.group}</li>` : nothing}
        <li role="option" id=${`option-${index}`} class=${index === this.active ? 'active' : ''} aria-selected=${option.value === this.value}
          @click=${() => this.#take(option)}><span>${option.label}</span>${option.detail ? html`<span class="detail">${option.detail}</span>` : nothing}</li>`)}
    </ul>`;
  }

  override render(): TemplateResult {
    const matches = this.open ? this.#matches() : [];
    return html`<div class="field">
      <label for="input">${this.label}${this.changed ? html`<span class="changed"></span>` : nothing}</label>
      <input id="input" type="text" role="combobox" autocomplete="off" spellcheck="false" aria-autocomplete="list" aria-expanded=${this.open}
        aria-controls=${this.open ? 'list' : nothing} aria-activedescendant=${this.open && this.active >= 0 ? `option-${this.active}` : nothing}
        placeholder=${this.placeholder} .value=${live(this.open ? this.query : this.shown)}
        @input=${(event: InputEvent) => { this.open = true; this.query = (event.target as HTMLInputElement).value; this.active = this.query ? 0 : -1; }}
        @focus=${(event: Event) => (event.target as HTMLInputElement).select()} @click=${() => this.#show()}
          @keydown=${(event: KeyboardEvent) => this.#key(event)} @blur=${() => this.#close()} />
      ${this.open ? this.#list(matches) : nothing}
    </div>`;
  }
}

customElements.define('pl-combobox', Combobox);
