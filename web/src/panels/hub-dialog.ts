// What is fetched from a hub: an id or an address, one press, a choice where several GGUF files are there, and what came of it. Nothing is
// asked of any host before the press.

import { type PropertyDeclarations, type TemplateResult, html, nothing } from 'lit';
import type { PlimsollError } from 'plimsoll-contract';
import { type HubAddress, readHubAddress } from '../hub/address.ts';
import type { FetchProgress } from '../hub/fetch-headers.ts';
import { type FetchedModel, fetchGguf, fetchModel, hasSafetensors } from '../hub/fetch-model.ts';
import { HubProblem } from '../hub/get.ts';
import { hubOf, mirrorPage } from '../hub/hosts.ts';
import { type GgufChoice, type Listing, ggufChoices, listFiles, namedChoice } from '../hub/repository.ts';
import type { Origin, View } from '../state.ts';
import { hubDialogStyles } from './hub-dialog-styles.ts';
import { errorWords, problemWords, unreadWords } from './hub-words.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

/** What came of a press. */
export interface Taken {
  origin: Origin;
  listing: Listing;
  /** What was left out of the model, in words; null: nothing. */
  unread: ((view: View) => string) | null;
  /** GGUF files that could be taken instead. */
  ggufs: number;
}

/** Why nothing was taken, and the file that was asked for. */
interface Failure {
  problem: HubProblem | PlimsollError;
  file: string;
}

export class HubDialog extends Panel {
  static override properties: PropertyDeclarations = {
    ...Panel.properties, took: { attribute: false }, pasted: { state: true }, running: { state: true }, failure: { state: true }, listing: { state: true },
    progress: { state: true }, hasConfig: { state: true },
  };

  static override styles = [shared, hubDialogStyles];

  declare took: (taken: Taken) => void;
  declare pasted: string;
  declare running: boolean;
  declare failure: Failure | null;
  /** A repository of which a GGUF file is to be chosen. */
  declare listing: Listing | null;
  declare progress: FetchProgress | null;
  declare hasConfig: boolean;
  #stop = new AbortController();
  #skip = new AbortController();

  constructor() {
    super();
    this.pasted = '';
    this.running = false;
    this.failure = null;
    this.listing = null;
    this.progress = null;
    this.hasConfig = false;
  }

  /** `choose`: one of this repository's GGUF files. */
  async open(choose: Listing | null): Promise<void> {
    if (choose) this.listing = choose;
    await this.updateComplete;
    this.#dialog()?.showModal();
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #write(event: Event): void {
    this.pasted = (event.target as HTMLInputElement).value;
    this.failure = null;
    this.listing = null;
  }

  /** One press: what it asks for can be ended, and its end is shown. */
  async #press(file: string, task: (stop: AbortSignal) => Promise<void>): Promise<void> {
    if (this.running || __SINGLE_FILE__) return;
    const { signal } = (this.#stop = new AbortController());
    this.#skip = new AbortController();
    this.running = true;
    this.failure = null;
    try {
      await task(signal);
    } catch (error) {
      if (error instanceof HubProblem) this.failure = { problem: error, file };
      else if (!signal.aborted) throw error;
    } finally {
      this.running = false;
      this.hasConfig = false;
      this.progress = null;
    }
  }

  #fetch(event: Event): void {
    event.preventDefault();
    const address = readHubAddress(this.pasted);
    if (!address || address.hub === 'mirror') return;
    this.listing = null;
    void this.#press('', async stop => {
      const listing = await listFiles(address, stop);
      const choices = ggufChoices(listing);
      const named = namedChoice(listing, choices);
      if (named) return this.#takeGguf(listing, named, stop);
      if (!hasSafetensors(listing) && choices.length) {
        this.listing = listing;
        return;
      }
      const watch = { stop, skip: this.#skip.signal, tell: this.#tell, config: () => { this.hasConfig = true; } };
      this.#take(listing, await fetchModel(listing, watch), choices.length);
    });
  }

  readonly #tell = (progress: FetchProgress): void => {
    this.progress = progress;
  };

  #choose(listing: Listing, choice: GgufChoice): void {
    void this.#press(choice.files[0]!.path, stop => this.#takeGguf(listing, choice, stop));
  }

  async #takeGguf(listing: Listing, choice: GgufChoice, stop: AbortSignal): Promise<void> {
    const found = await fetchGguf(listing, choice, { stop, tell: this.#tell });
    if ('model' in found) this.#take(listing, found, 0);
    else this.failure = { problem: found, file: choice.files[0]!.path };
  }

  #take(listing: Listing, { origin, model, unread }: FetchedModel, ggufs: number): void {
    if (this.#stop.signal.aborted) return;
    const request = structuredClone(this.view.state.request);
    request.model = model;
    if (model.checkpoint) delete request.weight_format; // the files say it
    this.send({ request, origin });
    this.took({ origin, listing, unread: unread && (view => unreadWords(view, unread, listing)), ggufs });
    this.listing = null;
    this.#dialog()?.close();
  }

  /** What the press will ask, or why it cannot. */
  #plan(address: HubAddress | null): TemplateResult {
    const { hub } = this.text;
    if (!this.pasted.trim()) return html`${hub.help}`;
    if (!address) return html`${hub.unknown}`;
    const file = address.file || `${address.folder}config.json`;
    const open = (page: string): TemplateResult => html`<a href=${page} target="_blank" rel="noreferrer">${page}</a>`;
    if (address.hub === 'mirror') return html`${hub.mirror} ${open(mirrorPage(address, file))}`;
    if (__SINGLE_FILE__) return html`${hub.saved} ${open(hubOf(address).page(address, file))}`;
    return html`${hub.plan(hubOf(address).host, address.repository, address.revision)}`;
  }

  #problem(address: HubAddress | null): TemplateResult | typeof nothing {
    const { failure } = this;
    if (!failure || !address) return nothing;
    const { problem, file } = failure;
    if (!(problem instanceof HubProblem)) return html`<p class="problem">${errorWords(this.view, problem)}</p>`;
    const hub = hubOf(address);
    const listed = problem.url !== hub.list(address);
    const asked = listed ? file || `${address.folder}config.json` : '';
    const page = hub.page(address, file || `${address.folder}config.json`);
    const preset = problem.kind === 'gated' || problem.kind === 'no_access' ? this.view.catalog.models.get(address.repository) : undefined;
    return html`<p class="problem">${problemWords(this.view, problem, address, asked)}
      ${preset ? html`<button type="button" @click=${() => this.#preset(preset.id)}>${this.text.hub.usePreset(preset.name)}</button>` : nothing}
      ${problem.kind === 'offline' ? nothing : html`<a href=${page} target="_blank" rel="noreferrer">${page}</a>`}</p>`;
  }

  #preset(id: string): void {
    this.sendRequest(request => { request.model = { preset: id }; });
    this.#dialog()?.close();
  }

  #choices(listing: Listing): TemplateResult {
    const { hub } = this.text;
    const { format } = this.view;
    const choices = ggufChoices(listing);
    return html`<h3 id="hub-choices">${hub.choose(listing.address.repository, format.integer(choices.length))}</h3>
      <ul aria-labelledby="hub-choices">${choices.map(choice => html`<li><button type="button" ?disabled=${this.running} @click=${() => this.#choose(listing, choice)}>
        <span class="file">${choice.name}${choice.files.length > 1 ? html` <span class="parts">${hub.parts(format.integer(choice.files.length))}</span>` : nothing}</span>
        <span class="quantity">${choice.bytes === null ? nothing : format.text(choice.bytes)}</span></button></li>`)}</ul>`;
  }

  #progress(): TemplateResult | typeof nothing {
    const { progress } = this;
    if (!this.running || !progress) return nothing;
    const { format, text } = this.view;
    return html`<div class="progress"><progress aria-label=${text.hub.running} max=${progress.of} .value=${progress.files}></progress>
      <span class="quantity">${text.hub.progress(format.integer(progress.files), format.integer(progress.of), format.text(progress.bytes))}</span></div>`;
  }

  override render(): TemplateResult {
    const { hub, cancel } = this.text;
    const { listing, running } = this;
    const address = readHubAddress(this.pasted);
    const can = address !== null && address.hub !== 'mirror' && !__SINGLE_FILE__;
    return html`<dialog aria-labelledby="hub-title" @close=${() => this.#stop.abort()}>
        <form @submit=${(event: Event) => this.#fetch(event)}>
          <h2 id="hub-title">${hub.title}</h2>
          <label for="hub-address">${hub.label}</label>
          <input id="hub-address" autocomplete="off" spellcheck="false" aria-describedby="hub-plan" .value=${this.pasted} @input=${(event: Event) => this.#write(event)} />
          ${listing ? this.#choices(listing) : html`<p id="hub-plan">${this.#plan(address)}</p>`}
          <div role="alert">${running ? nothing : this.#problem(address ?? listing?.address ?? null)}</div>
          ${this.#progress()}
          <div class="actions"><span role="status">${running ? hub.running : ''}</span>
            <button type="button" @click=${() => this.#dialog()?.close()}>${cancel}</button>
            ${running && this.hasConfig ? html`<button type="button" @click=${() => this.#skip.abort()}>${hub.skip}</button>` : nothing}
            <button type="submit" class="firm" ?disabled=${!can || running}>${hub.fetch}</button>
          </div>
        </form>
      </dialog>`;
  }
}

customElements.define('pl-hub-dialog', HubDialog);
