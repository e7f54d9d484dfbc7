// The ways in for a model of one's own: paste a config.json, choose files or a folder, or drop them anywhere.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { minimalConfig } from '../link.ts';
import './hub-way.ts';
import { filesEvent } from './intake.ts';
import { Panel } from './panel.ts';
import { shared } from './shared.ts';

export class ConfigWays extends Panel {
  static override properties: PropertyDeclarations = {};

  static override styles = [shared, css`
    .ways { display: flex; flex-wrap: wrap; gap: 0 20px; font-size: var(--t0); color: var(--muted); align-items: baseline; }
    .news { font-size: var(--t0); color: var(--muted); overflow-wrap: anywhere; }
    dialog { width: min(640px, calc(100vw - 32px)); color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 4px;
      padding: 24px; }
    dialog::backdrop { background: rgb(10 14 20 / 0.45); }
    dialog p { margin: 8px 0 16px; color: var(--muted); font-size: var(--t0); }
    textarea { width: 100%; height: 240px; font: 0.8rem/1.5 ui-monospace, Consolas, monospace; color: var(--ink); background: none;
      border: 1px solid var(--edge); border-radius: 4px; padding: 8px; resize: vertical; }
    .actions { display: flex; gap: 24px; justify-content: flex-end; align-items: center; margin-top: 16px; }
    @media (max-width: 640px) { .anywhere { display: none; } }
  `];

  #config(config: string): void {
    this.sendRequest(request => { request.model = { config }; });
  }

  #files(event: Event): void {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    if (files.length) this.dispatchEvent(new CustomEvent<File[]>(filesEvent, { detail: files, bubbles: true, composed: true }));
    input.value = '';
  }

  #choose(id: string): void {
    this.renderRoot.querySelector<HTMLInputElement>(id)?.click();
  }

  /** How far a reading is, or how little of the files was read. */
  #news(): string {
    const { format, state } = this.view;
    if (state.reading) return this.text.reading(state.reading.file, format.share(state.reading.read, Math.max(state.reading.bytes, 1)));
    const checkpoint = state.request.model.checkpoint;
    if (!checkpoint) return '';
    return (state.origin ? this.text.hub.readOf : this.text.readOf)(format.text(checkpoint.read_bytes ?? 0), format.text(checkpoint.file_bytes ?? 0));
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #read(): void {
    const area = this.renderRoot.querySelector('textarea');
    this.#config(minimalConfig(area?.value ?? ''));
    this.#dialog()?.close();
  }

  override render(): TemplateResult {
    const { text } = this;
    return html`<div class="ways">
        <button type="button" @click=${() => this.#dialog()?.showModal()}>${text.pasteConfig}</button>
        <button type="button" @click=${() => this.#choose('#file')}>${text.chooseFile}</button>
        <button type="button" @click=${() => this.#choose('#folder')}>${text.chooseFolder}</button>
        <pl-hub-way .view=${this.view}></pl-hub-way>
        <span class="anywhere">${text.dropAnywhere}</span>
      </div>
      <p class="news" role="status" aria-label=${text.filesRead}>${this.#news() || nothing}</p>
      <input id="file" type="file" multiple accept=".json,.safetensors,.gguf,application/json" hidden aria-label=${text.chooseFile}
        @change=${(event: Event) => this.#files(event)} />
      <input id="folder" type="file" webkitdirectory hidden aria-label=${text.chooseFolder} @change=${(event: Event) => this.#files(event)} />
      <dialog aria-labelledby="paste-title">
        <h2 id="paste-title">${text.pasteTitle}</h2>
        <p id="paste-help">${text.pasteHelp}</p>
        <textarea aria-labelledby="paste-title" aria-describedby="paste-help" spellcheck="false"></textarea>
        <div class="actions">
          <button type="button" @click=${() => this.#dialog()?.close()}>${text.cancel}</button>
          <button type="button" class="firm" @click=${() => this.#read()}>${text.read}</button>
        </div>
      </dialog>`;
  }
}

customElements.define('pl-config-ways', ConfigWays);
