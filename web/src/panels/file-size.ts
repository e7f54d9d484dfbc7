// Why not the file size: from the bytes of the files to the bytes in GPU memory, cause by cause. Asked of the core when it is opened.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { FileSize, Request } from '../../../wasm/plimsoll.ts';
import { Panel, quantity, termName } from './panel.ts';
import { shared } from './shared.ts';

export class FileSizePanel extends Panel {
  static override properties: PropertyDeclarations = { opened: { state: true } };

  static override styles = [shared, css`
    :host { margin-top: 12px; }
    .open::after { content: ''; display: inline-block; width: 6px; height: 6px; margin-inline-start: 8px; border: solid;
      border-width: 0 1.5px 1.5px 0; transform: translateY(-3px) rotate(45deg); }
    .open[aria-expanded='true']::after { transform: translateY(0) rotate(225deg); }
    tr.sum > * { font-weight: 600; }
    ul { margin: 8px 0 0; padding: 0; list-style: none; font-size: var(--t0); max-width: 80ch; color: var(--muted); }
    li { padding: 1px 0 1px 12px; text-indent: -12px; }
    li::before { content: '· '; }
    @media (max-width: 640px) { td, th, th[scope='row'] { padding-inline-end: 8px; } .quantity { font-size: var(--t0); } .unit { display: block; } }
  `];

  declare opened: boolean;
  #of: Request | null = null;
  #size: FileSize | null = null;

  constructor() {
    super();
    this.opened = false;
  }

  override willUpdate(): void {
    const { answer } = this.view;
    if (!this.opened || !answer || answer.request === this.#of) return;
    this.#of = answer.request;
    this.#size = this.view.fileSize();
  }

  /** One amount as hubs show it and as GPUs do; changes have their sign. */
  #row(name: string, bytes: number, kind: 'sum' | 'change' | 'part'): TemplateResult {
    const { format } = this.view;
    const plus = kind !== 'sum' && bytes > 0 ? '+' : '';
    const small = Math.abs(bytes) < format.unitBytes / 100;
    const binary = small ? format.memory(bytes) : format.binaryGibibytes(bytes);
    const decimal = format.decimalGigabytes(bytes);
    return html`<tr class=${kind}><th scope="row">${name}</th>
      <td class="end">${small && kind !== 'sum' ? nothing : quantity({ ...decimal, number: `${plus}${decimal.number}` })}</td>
      <td class="end">${quantity({ ...binary, number: `${plus}${binary.number}` })}</td></tr>`;
  }

  #notes(size: FileSize): string[] {
    const { format } = this.view;
    const { fileSize } = this.text.formats;
    const notes = [fileSize.units];
    if (size.published_bytes !== size.file_bytes) notes.push(fileSize.published(format.decimalText(size.published_bytes)));
    if (size.kept_bytes > 0) notes.push(fileSize.kept(format.text(size.kept_bytes), format.share(size.kept_bytes, size.weights_bytes)));
    if (size.scales_bytes > 0) notes.push(fileSize.scales(format.text(size.scales_bytes)));
    if (size.tied_bytes > 0) notes.push(fileSize.tied(format.text(size.tied_bytes)));
    if (!size.read) notes.push(fileSize.notRead);
    return notes;
  }

  #table(size: FileSize): TemplateResult {
    const { fileSize } = this.text.formats;
    const { format } = this.view;
    const many = size.device_count > 1;
    return html`<table><caption class="hidden">${fileSize.title}</caption><thead><tr><th scope="col">${this.text.part}</th><th scope="col" class="end">GB</th>
        <th scope="col" class="end">GiB</th></tr></thead><tbody>
      ${this.#row(size.read ? fileSize.files : fileSize.tensors, size.file_bytes, 'sum')}
      ${size.steps.map(({ cause, bytes }) => this.#row(fileSize.causes[cause], bytes, 'change'))}
      ${this.#row(many ? fileSize.weightsOf(format.integer(size.device_count)) : fileSize.weights, size.weights_bytes, 'sum')}
      ${many ? this.#row(fileSize.onOne, size.device_weights_bytes, 'sum') : nothing}
      ${size.beside.map(({ id, bytes }) => this.#row(termName(this.view, id), bytes, 'part'))}
      ${this.#row(many ? fileSize.neededOnOne : this.text.total, size.needed_bytes, 'sum')}</tbody></table>
      <ul>${this.#notes(size).map(note => html`<li>${note}</li>`)}</ul>`;
  }

  override render(): TemplateResult {
    const { fileSize } = this.text.formats;
    return html`<button type="button" class="open" aria-expanded=${this.opened} @click=${() => { this.opened = !this.opened; }}>${fileSize.title}</button>
      ${this.opened && this.#size ? this.#table(this.#size) : nothing}`;
  }
}

customElements.define('pl-file-size', FileSizePanel);
