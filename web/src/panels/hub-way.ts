// The way in from a hub: an id or an address, one press, and what came of it. Nothing is asked of any host before the press.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { type HubAddress, readHubAddress } from '../hub/address.ts';
import { type FetchedModel, fetchModel } from '../hub/fetch-model.ts';
import { HubProblem } from '../hub/get.ts';
import { huggingFace, mirrorPage, modelScope } from '../hub/hosts.ts';
import { minimalConfig } from '../link.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

interface Fetched extends FetchedModel {
  /** As it went into the request, to know whether it still is the model. */
  taken: string;
}

export class HubWay extends Panel {
  static override properties: PropertyDeclarations = {
    ...Panel.properties, pasted: { state: true }, running: { state: true }, problem: { state: true }, fetched: { state: true },
  };

  static override styles = [shared, css`
    :host { display: contents; }
    .way { font-size: var(--t0); }
    dialog { width: min(640px, calc(100vw - 32px)); color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 4px;
      padding: 24px; }
    dialog::backdrop { background: rgb(10 14 20 / 0.45); }
    dialog p { margin: 8px 0 16px; color: var(--muted); font-size: var(--t0); overflow-wrap: anywhere; }
    label { display: block; font-size: var(--t0); color: var(--muted); }
    input { width: 100%; font: inherit; color: var(--ink); background: none; border: 1px solid var(--edge); border-radius: 4px; padding: 5px 8px; min-height: 32px; }
    .problem { border-inline-start: 3px solid var(--bad); padding-inline-start: 12px; color: var(--ink); }
    .actions { display: flex; gap: 24px; justify-content: flex-end; align-items: center; margin-top: 16px; }
    .source { flex-basis: 100%; font-size: var(--t0); color: var(--muted); overflow-wrap: anywhere; }
  `];

  declare pasted: string;
  declare running: boolean;
  declare problem: HubProblem | null;
  declare fetched: Fetched | null;
  #stop: AbortController | null = null;

  constructor() {
    super();
    this.pasted = '';
    this.running = false;
    this.problem = null;
    this.fetched = null;
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #write(event: Event): void {
    this.pasted = (event.target as HTMLInputElement).value;
    this.problem = null;
  }

  async #fetch(event: Event): Promise<void> {
    event.preventDefault();
    const address = readHubAddress(this.pasted);
    if (!address || address.hub === 'mirror' || this.running || __SINGLE_FILE__) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.running = true;
    this.problem = null;
    try {
      const model = await fetchModel(address, stop.signal);
      const taken = minimalConfig(model.config);
      this.fetched = { ...model, taken };
      this.sendRequest(request => { request.model = { config: taken }; });
      this.#dialog()?.close();
    } catch (error) {
      if (error instanceof HubProblem) this.problem = error;
      else if (!stop.signal.aborted) throw error;
    } finally {
      this.running = false;
    }
  }

  /** What the press will ask, or why it cannot. */
  #plan(address: HubAddress | null): TemplateResult {
    const { hub } = this.text;
    if (!this.pasted.trim()) return html`${hub.help}`;
    if (!address) return html`${hub.unknown}`;
    const page = (address.hub === 'mirror' ? mirrorPage : address.hub === 'modelscope' ? modelScope.page : huggingFace.page)(address, `${address.folder}config.json`);
    const open = html`<a href=${page} target="_blank" rel="noreferrer">${page}</a>`;
    if (address.hub === 'mirror') return html`${hub.mirror} ${open}`;
    if (__SINGLE_FILE__) return html`${hub.saved} ${open}`;
    return html`${hub.plan((address.hub === 'modelscope' ? modelScope : huggingFace).host, address.repository, address.revision)}`;
  }

  #problem(address: HubAddress | null): TemplateResult | typeof nothing {
    const { problem } = this;
    if (!problem || !address) return nothing;
    const { hub } = this.text;
    const host = address.hub === 'modelscope' ? modelScope : huggingFace;
    const page = host.page(address, `${address.folder}config.json`);
    const words = hub.problems[problem.kind]({
      host: host.host, repository: address.repository, revision: address.revision, amount: problem.kind === 'too_large' ? this.view.format.text(problem.amount) : String(problem.amount),
    });
    return html`<p class="problem">${words} ${problem.kind === 'offline' ? nothing : html`<a href=${page} target="_blank" rel="noreferrer">${page}</a>`}</p>`;
  }

  /** Where the model came from, as long as it is the model. */
  #source(): TemplateResult | typeof nothing {
    const { fetched } = this;
    if (!fetched || this.view.state.request.model.config !== fetched.taken) return nothing;
    const { hub } = this.text;
    const { header, headerProblem, host, repository, commit } = fetched;
    const tensors = header?.totalBytes ? hub.tensors(this.view.format.text(header.totalBytes), this.view.format.integer(header.files), this.view.format.text(header.bytes.length))
      : headerProblem ? hub.noTensors : '';
    return html`<span class="source" role="status">${hub.from(host, repository, commit.slice(0, 10))}${tensors ? html` ${tensors}` : nothing}</span>`;
  }

  override render(): TemplateResult {
    const { hub, cancel } = this.text;
    const address = readHubAddress(this.pasted);
    const can = address !== null && address.hub !== 'mirror' && !__SINGLE_FILE__;
    return html`<button type="button" class="way" @click=${() => this.#dialog()?.showModal()}>${hub.open}</button>${this.#source()}
      <dialog aria-labelledby="hub-title" @close=${() => this.#stop?.abort()}>
        <form @submit=${(event: Event) => void this.#fetch(event)}>
          <h2 id="hub-title">${hub.title}</h2>
          <label for="hub-address">${hub.label}</label>
          <input id="hub-address" autocomplete="off" spellcheck="false" aria-describedby="hub-plan" .value=${this.pasted} @input=${(event: Event) => this.#write(event)} />
          <p id="hub-plan">${this.#plan(address)}</p>
          <div role="alert">${this.running ? nothing : this.#problem(address)}</div>
          <div class="actions"><span role="status">${this.running ? hub.running : ''}</span>
            <button type="button" @click=${() => this.#dialog()?.close()}>${cancel}</button>
            <button type="submit" class="firm" ?disabled=${!can || this.running}>${hub.fetch}</button>
          </div>
        </form>
      </dialog>`;
  }
}

customElements.define('pl-hub-way', HubWay);
