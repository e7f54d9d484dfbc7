// The way in from a hub: its button, and where the model came from. What asks the hub is loaded when the button is pressed.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { HubDialog, Taken } from './hub-dialog.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

export class HubWay extends Panel {
  static override properties: PropertyDeclarations = { ...Panel.properties, loaded: { state: true }, taken: { state: true } };

  static override styles = [shared, css`
    :host { display: contents; }
    .way { font-size: var(--t0); }
    .source { order: 1; flex-basis: 100%; font-size: var(--t0); color: var(--muted); overflow-wrap: anywhere; }
    .source button { font-size: var(--t0); }
  `];

  declare loaded: boolean;
  /** What the last fetching left out, or offers besides. */
  declare taken: Taken | null;

  constructor() {
    super();
    this.loaded = false;
    this.taken = null;
  }

  async #open(choose: boolean): Promise<void> {
    await import('./hub-dialog.ts');
    this.loaded = true;
    await this.updateComplete;
    await this.renderRoot.querySelector<HubDialog>('pl-hub-dialog')?.open(choose ? this.taken?.listing ?? null : null);
  }

  /** Where the model came from, as long as it is the model. */
  #source(): TemplateResult | typeof nothing {
    const { origin } = this.view.state;
    if (!origin) return nothing;
    const { hub } = this.text;
    const taken = this.taken?.origin === origin ? this.taken : null;
    return html`<span class="source"><span role="status">${hub.from(origin.host, origin.repository, origin.commit.slice(0, 10))}${taken?.unread ? ` ${taken.unread(this.view)}` : nothing}</span>
      ${taken?.ggufs ? html`<button type="button" @click=${() => void this.#open(true)}>${hub.alsoGguf(this.view.format.integer(taken.ggufs))}</button>` : nothing}</span>`;
  }

  override render(): TemplateResult {
    return html`<button type="button" class="way" @click=${() => void this.#open(false)}>${this.text.hub.open}</button>${this.#source()}
      ${this.loaded ? html`<pl-hub-dialog .view=${this.view} .took=${(taken: Taken) => { this.taken = taken; }}></pl-hub-dialog>` : nothing}`;
  }
}

customElements.define('pl-hub-way', HubWay);
