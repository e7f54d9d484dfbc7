// Files of other programs that ask for the same run: to be copied or kept.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { LaunchFile } from '../../../wasm/plimsoll.ts';
import { Panel } from './panel.ts';
import { saveFile } from './save-file.ts';
import { shared } from './shared.ts';

export class Launch extends Panel {
  static override properties: PropertyDeclarations = { said: { state: true } };

  static override styles = [shared, css`
    .file { margin-top: 24px; }
    .head { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: center; }
    h3 { margin: 0; color: var(--ink); flex: 1; }
    pre { margin: 8px 0 0; padding: 12px 16px; background: var(--raised); border-radius: 4px; overflow: auto; max-height: 420px;
      font: 0.8rem/1.6 ui-monospace, Consolas, 'DejaVu Sans Mono', monospace; }
    .said { font-size: var(--t0); color: var(--muted); }
  `];

  /** The file that was copied last, and how that went. */
  declare said: { name: string; text: string };

  constructor() {
    super();
    this.said = { name: '', text: '' };
  }

  async #copy({ name, text }: LaunchFile): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.said = { name, text: this.text.copiedText };
    } catch {
      this.said = { name, text: this.text.copyTextByHand };
    }
  }

  #file(file: LaunchFile): TemplateResult {
    const { launch, copyText } = this.text;
    return html`<div class="file"><div class="head"><h3>${launch.programs[file.program] ?? file.program} · <code>${file.name}</code></h3>
        <span class="said" role="status">${this.said.name === file.name ? this.said.text : nothing}</span>
        <button type="button" class="firm" aria-label=${launch.copyFile(file.name)} @click=${() => void this.#copy(file)}>${copyText}</button>
        <button type="button" class="firm" aria-label=${launch.saveFile(file.name)}
          @click=${() => saveFile(file.name, file.text, 'text/plain')}>${launch.save}</button></div>
      <pre tabindex="0" role="group" aria-label=${file.name}><code>${file.text}</code></pre></div>`;
  }

  override render(): TemplateResult {
    const files = this.view.answer?.report.training?.launch ?? [];
    if (files.length === 0) return html``;
    const { launch } = this.text;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${launch.title}</h2><p class="intro">${launch.intro}</p>
      ${files.map(file => this.#file(file))}</section>`;
  }
}

customElements.define('pl-launch', Launch);
