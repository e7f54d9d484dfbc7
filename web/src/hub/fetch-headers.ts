// The headers of files at a hub: fetched in parts, several files at once, and read by what reads the headers of files on this computer.

import type { CheckpointSummary, Outcome } from 'plimsoll-contract';
import { openCheckpoint } from '../headers/open.ts';
import type { Bytes, HeaderFile } from '../headers/reading.ts';
import { HubProblem, get } from './get.ts';
import type { ListedFile } from './hosts.ts';
import { type Listing, baseName } from './repository.ts';

/** How far the fetching is: headers of so many files, so many bytes. */
export interface FetchProgress {
  files: number;
  of: number;
  bytes: number;
}

export interface Watch {
  stop: AbortSignal;
  tell: (progress: FetchProgress) => void;
}

/** The longest header that its library takes; of all files together as much again as half. */
const longestHeader = 100_000_000;
const allHeaders = 150_000_000;
/** Hubs let nobody ask without end, and each file takes two requests. The largest model in use has 191. */
export const mostFiles = 256;
const atOnce = 6;
/** As the reader of GGUF headers begins. */
const ggufStart = 262_144;

/** Runs one task for each item, a few at once. The first error ends it; what runs then is stopped by its caller. */
async function eachAtOnce<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const runner = async (): Promise<void> => {
    for (const item of left) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runner));
}

/** A file whose parts are fetched when they are read, or before. */
class HubFile implements HeaderFile {
  readonly name: string;
  size: number;
  readonly #parts = new Map<number, Bytes>();

  constructor(
    readonly url: string,
    file: ListedFile,
    readonly stop: AbortSignal,
    readonly count: (bytes: number) => void,
  ) {
    this.name = baseName(file.path);
    this.size = file.size ?? -1;
  }

  async #fetch(offset: number, size: number): Promise<Bytes> {
    const got = await get(this.url, size, this.stop, offset);
    if (got.size !== null) this.size = got.size;
    if (this.size < 0) throw new HubProblem('odd_answer', this.url, 206);
    this.count(got.bytes.length);
    return got.bytes;
  }

  /** Fetches a part that will be asked for. */
  async before(offset: number, size: number): Promise<Bytes> {
    const bytes = await this.#fetch(offset, size);
    this.#parts.set(offset, bytes);
    return bytes;
  }

  async read(offset: number, size: number): Promise<Bytes> {
    const known = this.#parts.get(offset);
    if (known && (known.length === size || offset + known.length === this.size)) return known;
    return size > 0 ? this.#fetch(offset, size) : new Uint8Array();
  }
}

/** The files, and a count of what is fetched of them. */
function filesOf({ hub, address }: Listing, files: readonly ListedFile[], { stop, tell }: Watch): { made: HubFile[]; done: () => void } {
  const progress: FetchProgress = { files: 0, of: files.length, bytes: 0 };
  tell({ ...progress });
  const count = (bytes: number): void => tell({ ...progress, bytes: (progress.bytes += bytes) });
  return {
    made: files.map(file => new HubFile(hub.file(address.repository, file), file, stop, count)),
    done: () => tell({ ...progress, files: (progress.files += 1) }),
  };
}

/** Two requests for each file: the first eight bytes say how long the header behind them is. `index`: as it was fetched, or null. */
export async function safetensorsHeaders(listing: Listing, files: readonly ListedFile[], index: File | null, watch: Watch): Promise<Outcome<CheckpointSummary>> {
  const { made, done } = filesOf(listing, files, watch);
  const lengths = new Map<HubFile, number>();
  await eachAtOnce(made, async file => {
    const start = await file.before(0, 8);
    lengths.set(file, start.length < 8 ? 0 : Number(new DataView(start.buffer).getBigUint64(0, true)));
  });
  // A length that cannot be is explained by the reader, which asks for no byte of it.
  const possible = made.filter(file => lengths.get(file)! > 0 && lengths.get(file)! <= Math.min(longestHeader, file.size - 8));
  const all = possible.reduce((sum, file) => sum + lengths.get(file)!, 0);
  if (all > allHeaders) throw new HubProblem('too_large', made[0]!.url, allHeaders);
  await eachAtOnce(possible, async file => {
    await file.before(8, lengths.get(file)!);
    done();
  });
  return openCheckpoint([...made, ...(index ? [index] : [])], () => {}, watch.stop);
}

/** A GGUF header does not say how long it is: it is asked for in growing parts until its reader has all. */
export async function ggufHeaders(listing: Listing, files: readonly ListedFile[], watch: Watch): Promise<Outcome<CheckpointSummary>> {
  const { made, done } = filesOf(listing, files, watch);
  await eachAtOnce(made, async file => {
    if (file.size !== 0) await file.before(0, file.size < 0 ? ggufStart : Math.min(ggufStart, file.size));
    done();
  });
  return openCheckpoint(made, () => {}, watch.stop);
}
