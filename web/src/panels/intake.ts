// Files and text that people bring: a config.json, the files of a checkpoint, a folder; dropped anywhere, pasted, or chosen.

import { droppedFiles, isCheckpointFile } from '../headers/files.ts';
import { minimalConfig } from '../link.ts';

// Enough for any config; more is cut off here and refused by the core as too large.
const readLimit = 64_000_000;

/** What the page does with what was brought. */
export interface Intake {
  config(text: string): void;
  /** Files whose headers are to be read, and the config that came with them. */
  checkpoint(files: File[], config: string | null): void;
}

/** The event that carries chosen files up to the page. */
export const filesEvent = 'plimsoll-files';

const textOf = async (file: File): Promise<string> => minimalConfig(await file.slice(0, readLimit).text());

/** A config counts beside a checkpoint when it has its usual name; alone any file may be one. */
export async function takeFiles(files: File[], to: Intake): Promise<void> {
  const headers = files.filter(isCheckpointFile);
  const config = files.find(({ name }) => name === 'config.json') ?? (headers.length ? undefined : files[0]);
  const text = config ? await textOf(config) : null;
  if (headers.length) to.checkpoint(headers, text);
  else if (text !== null) to.config(text);
}

const editable = (target: EventTarget | undefined): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);

function dropNote(text: string): HTMLElement {
  const note = document.createElement('div');
  note.className = 'drop-note';
  note.textContent = text;
  return note;
}

export function acceptFiles(to: Intake, invite: () => string): void {
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
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    void droppedFiles(event.dataTransfer).then(files => takeFiles(files, to));
  });
  addEventListener('paste', event => {
    const text = event.clipboardData?.getData('text/plain').trim() ?? '';
    if (!text.startsWith('{') || editable(event.composedPath()[0])) return;
    event.preventDefault();
    to.config(minimalConfig(text));
  });
}
