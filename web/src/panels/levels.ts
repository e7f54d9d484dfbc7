// The three numbers that are never merged: what torch allocated, what it reserved, what the device shows; and how to read each.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import type { TrainingReport } from '../../../wasm/plimsoll.ts';
import { Panel, quantity } from './panel.ts';
import { shared } from './shared.ts';

// What shows the memory of a whole device, by the vendor of the card.
const monitors: Record<string, string> = { nvidia: 'nvidia-smi', amd: 'amd-smi monitor', huawei: 'npu-smi info', intel: 'xpu-smi' };

export class Levels extends Panel {
  static override properties: PropertyDeclarations = { said: { state: true } };

  static override styles = [shared, css`
    dl { margin: 16px 0 0; }
    dl > div { padding: 8px 0 12px; border-top: 1px solid var(--rule); display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 16px;
      align-items: baseline; }
    dt { font-weight: 600; }
    .besides { margin-top: 0; }
    .besides dt { font-weight: 400; }
    dd { margin: 0; }
    .about { grid-column: 1 / -1; color: var(--muted); font-size: var(--t0); }
    .about code { color: var(--ink); overflow-wrap: anywhere; }
    pre { margin: 8px 0; padding: 12px 16px; background: var(--raised); border-radius: 4px; overflow-x: auto;
      font: 0.8rem/1.6 ui-monospace, Consolas, 'DejaVu Sans Mono', monospace; }
    details { border-top: 1px solid var(--rule); padding-top: 8px; }
    .said { font-size: var(--t0); color: var(--muted); margin-inline-start: 16px; }
    details p { font-size: var(--t0); color: var(--muted); }
  `];

  declare said: string;

  constructor() {
    super();
    this.said = '';
  }

  /** Lines of Python that read what torch counted, with what is expected of them. */
  #script(training: TrainingReport): string {
    const { levels } = this.text;
    const expected = (bytes: number): string => `# ${levels.expected(this.view.format.bytes(bytes))}`;
    return [
      'import torch',
      'torch.cuda.reset_peak_memory_stats()',
      `# ${levels.twoSteps}`,
      'trainer.train()',
      'print(torch.cuda.max_memory_allocated())',
      expected(training.allocated_bytes),
      'print(torch.cuda.max_memory_reserved())',
      expected(training.reserved_bytes),
    ].join('\n');
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.said = this.text.copiedText;
    } catch {
      this.said = this.text.copyTextByHand;
    }
  }

  #level(name: string, bytes: number, about: string, command: string): TemplateResult {
    return html`<div><dt>${name}</dt><dd>${quantity(this.view.format.column(bytes))}</dd>
      <dd class="about">${about}${command ? html`<br /><code>${command}</code>` : nothing}</dd></div>`;
  }

  override render(): TemplateResult {
    const { answer, format } = this.view;
    const training = answer?.report.training;
    if (!answer || !training) return html``;
    const { levels } = this.text;
    const vendor = answer.report.device?.vendor ?? 'nvidia';
    const script = this.#script(training);
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${levels.title}</h2><p class="intro">${levels.intro}</p>
      <dl>
        ${this.#level(levels.allocated, training.allocated_bytes, levels.allocatedAbout, 'torch.cuda.max_memory_allocated()')}
        ${this.#level(levels.reserved, training.reserved_bytes, levels.reservedAbout, 'torch.cuda.max_memory_reserved()')}
        ${this.#level(levels.device, training.device_bytes, levels.deviceAbout, monitors[vendor] ?? levels.vendorTool)}
      </dl>
      <h3>${levels.besides}</h3>
      <dl class="besides">
        ${training.host_bytes > 0 ? html`<div><dt>${levels.host}</dt><dd>${quantity(format.memory(training.host_bytes))}</dd>
          <dd class="about">${levels.hostAbout}</dd></div>` : nothing}
        ${this.#level(levels.first, training.first_step_bytes, levels.firstAbout, '')}
        <div><dt>${levels.trained}</dt><dd class="quantity">${format.integer(training.trained_parameter_count)}</dd>
          <dd class="about">${training.frozen_parameter_count > 0 ? levels.frozen(format.integer(training.frozen_parameter_count)) : levels.noneFrozen}</dd></div>
      </dl>
      <details><summary>${levels.check}</summary><p>${levels.checkAbout}</p>
        <pre tabindex="0" role="group" aria-label=${levels.check}><code>${script}</code></pre>
        <button type="button" class="firm" @click=${() => void this.#copy(script)}>${this.text.copyText}</button>
        <span class="said" role="status">${this.said}</span></details>
    </section>`;
  }
}

customElements.define('pl-levels', Levels);
