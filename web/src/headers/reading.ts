// Reads the headers of files: asks the module which bytes it wants, and never reads more of a file than those.

import type { CheckpointSummary, Outcome, PlimsollError } from 'plimsoll-contract';

/** What the compiled module exports. */
export interface HeadersModule {
  /** An empty text, or an Outcome with the error. */
  open(name: string, size: number): string;
  wanted(): { offset: number; size: number } | null;
  /** Where the bytes wanted are to be written, before `feed` takes them. */
  buffer(size: number): Uint8Array;
  feed(): string;
  finish(): string;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** A file on this computer or at a hub, of which parts can be read. */
export interface HeaderFile {
  readonly name: string;
  readonly size: number;
  /** The bytes from `offset`, fewer than `size` only where the file ends. */
  read(offset: number, size: number): Promise<Bytes>;
}

/** How far the reading is: of `bytes` that are likely wanted, `read` were read. An index is wanted whole, of other files only the header. */
export interface Progress {
  file: string;
  read: number;
  bytes: number;
}

const failed = (answer: string): PlimsollError | null => (answer ? (JSON.parse(answer) as { error: PlimsollError }).error : null);

export const onDisk = (file: File): HeaderFile => ({
  name: file.name,
  size: file.size,
  read: async (offset, size) => new Uint8Array(await file.slice(offset, offset + size).arrayBuffer()),
});

async function readFile(module: HeadersModule, file: HeaderFile, tell: (progress: Progress) => void): Promise<PlimsollError | null> {
  const refused = failed(module.open(file.name, file.size));
  if (refused) return refused;
  for (let slice = module.wanted(); slice; slice = module.wanted()) {
    const bytes = await file.read(slice.offset, slice.size);
    module.buffer(bytes.length).set(bytes);
    const error = failed(module.feed());
    if (error) return error;
    tell({ file: file.name, read: slice.offset + slice.size, bytes: file.size });
  }
  return null;
}

/** The headers of all files as one checkpoint. */
export async function readHeaders(module: HeadersModule, files: readonly HeaderFile[], tell: (progress: Progress) => void): Promise<Outcome<CheckpointSummary>> {
  for (const file of files) {
    const error = await readFile(module, file, tell);
    if (error) return { ok: false, error };
  }
  return JSON.parse(module.finish()) as Outcome<CheckpointSummary>;
}
