// Keeping the result: report, link, offline copy; then the privacy sentence, version and catalogue date.

import { type PropertyDeclarations, type TemplateResult, css, html, nothing } from 'lit';
import { writeLink } from '../link.ts';
import { Panel } from './panel.ts';
import { saveFile } from './save-file.ts';
import { shared } from './shared.ts';

export class Colophon extends Panel {
  static override properties: PropertyDeclarations = { said: { state: true } };

  static override styles = [shared, css`
    .actions { display: flex; flex-wrap: wrap; gap: 16px 24px; align-items: center; margin-top: 16px; }
    footer { margin-top: 48px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--muted); font-size: var(--t0); display: grid; gap: 8px; }
    footer p { max-width: 100ch; }
  `];

  declare said: string;

  constructor() {
    super();
    this.said = '';
  }

  #download(): void {
    const { answer, reportText } = this.view;
    if (!answer) return;
    saveFile('plimsoll-report.json', `${reportText()}\n`, 'application/json');
  }

  async #copy(): Promise<void> {
    try {
      const link = new URL(location.href);
      link.hash = await writeLink(this.view.state);
      await navigator.clipboard.writeText(link.href);
      this.said = this.text.copied;
    } catch {
      this.said = this.text.copyByHand;
    }
  }

  override render(): TemplateResult {
    const { text } = this;
    const { catalog, version } = this.view;
    return html`<section class="section" aria-labelledby="title"><h2 id="title">${text.share}</h2>
      <div class="actions">
        <button type="button" class="firm" @click=${() => this.#download()}>${text.download}</button>
        <button type="button" class="firm" @click=${() => void this.#copy()}>${text.copyLink}</button>
        ${__SINGLE_FILE__ ? nothing : html`<a href="plimsoll.html" download>${text.offlineCopy}</a>`}
        <span role="status">${this.said}</span>
      </div></section>
      <footer><p>${text.privacy}</p><p>${text.versionLine(version, catalog.date)}</p><p>${text.name}</p></footer>`;
  }
}

customElements.define('pl-colophon', Colophon);
