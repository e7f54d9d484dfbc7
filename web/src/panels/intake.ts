// A config.json dropped or pasted anywhere on the page.

import { minimalConfig } from '../link.ts';

// Enough for any config; more is cut off here and refused by the core as too large.
const readLimit = 64_000_000;

/** Reads a chosen or dropped file as the text of a config. */
export const readConfigFile = async (file: File): Promise<string> => minimalConfig(await file.slice(0, readLimit).text());

const editable = (target: EventTarget | undefined): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);

function dropNote(text: string): HTMLElement {
  const note = document.createElement('div');
  note.className = 'drop-note';
  note.textContent = text;
  return note;
}

export function acceptConfigs(take: (config: string) => void, invite: () => string): void {
  let note: HTMLElement | null = null;
  const leave = (): void => {
    note?.remove();
    note = null;
  };
  addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (!note) document.body.append((note = dropNote(invite())));
  });
  addEventListener('dragleave', event => {
    if (event.relatedTarget === null) leave();
  });
  addEventListener('drop', event => {
    leave();
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void readConfigFile(file).then(take);
  });
  addEventListener('paste', event => {
    const text = event.clipboardData?.getData('text/plain').trim() ?? '';
    if (!text.startsWith('{') || editable(event.composedPath()[0])) return;
    event.preventDefault();
    take(minimalConfig(text));
  });
}
