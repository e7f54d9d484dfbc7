// Files and text that people bring: a config.json, the files of a checkpoint, a folder; dropped anywhere, pasted, or chosen.

import { quantizationFiles, saysQuantization } from '../config-text.ts';
import { droppedFiles, isCheckpointFile } from '../headers/files.ts';
import { minimalConfig } from '../link.ts';

// Enough for any config; more is cut off here and refused by the core as too large.
const readLimit = 64_000_000;

/** A config and what a quantiser wrote beside it, or one of them: the other is then the model's on the page. */
export interface Texts {
  config: string | null;
  quantization: string | null;
}

/** What the page does with what was brought. */
export interface Intake {
  texts(texts: Texts): void;
  /** Files whose headers are to be read, and what came with them. */
  checkpoint(files: File[], texts: Texts): void;
}

/** The event that carries chosen files up to the page. */
export const filesEvent = 'plimsoll-files';

const textOf = async (file: File): Promise<string> => minimalConfig(await file.slice(0, readLimit).text());

/** A config counts beside a checkpoint when it has its usual name; alone any file may be one. */
export async function takeFiles(files: File[], to: Intake): Promise<void> {
  const headers = files.filter(isCheckpointFile);
  const beside = quantizationFiles.map(known => files.find(({ name }) => name === known)).find(Boolean);
  const given = files.find(({ name }) => name === 'config.json') ?? (headers.length ? undefined : files.find(file => file !== beside));
  const config = given ? await textOf(given) : null;
  const quantization = beside && (config === null || !saysQuantization(config)) ? await textOf(beside) : null;
  if (headers.length) to.checkpoint(headers, { config, quantization });
  else if (config !== null || quantization !== null) to.texts({ config, quantization });
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
    to.texts({ config: minimalConfig(text), quantization: null });
  });
}
