// A model of a hub at one commit: its config.json and the headers of its safetensors files, or the header of a GGUF file.

import type { CheckpointSummary, ModelChoice, Outcome, PlimsollError } from 'plimsoll-contract';
import { quantizationFiles, saysQuantization } from '../config-text.ts';
import { openCheckpoint } from '../headers/open.ts';
import type { Bytes } from '../headers/reading.ts';
import { minimalConfig } from '../link.ts';
import type { Origin } from '../state.ts';
import { type Watch, ggufHeaders, mostFiles, safetensorsHeaders } from './fetch-headers.ts';
import { HubProblem, get } from './get.ts';
import type { ListedFile } from './hosts.ts';
import { type GgufChoice, type Listing, baseName, fileOf, parsed } from './repository.ts';

/** Why the weights are counted from the config although the repository has files. */
export type Unread =
  | { kind: 'problem'; problem: HubProblem }
  | { kind: 'refused'; error: PlimsollError }
  | { kind: 'too_many_files'; files: number; most: number }
  | { kind: 'pytorch_files' }
  | { kind: 'skipped' };

export interface FetchedModel {
  origin: Origin;
  model: ModelChoice;
  unread: Unread | null;
}

export interface ModelWatch extends Watch {
  /** Ends the reading of headers and takes the config alone. */
  skip: AbortSignal;
  /** The config has come. */
  config: () => void;
}

// The largest index known has 60 MB.
const limits = { config: 5_000_000, index: 80_000_000 };
const safetensorsIndex = 'model.safetensors.index.json';
const pytorchIndex = 'pytorch_model.bin.index.json';
const oneFile = 'model.safetensors';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const originOf = ({ hub, address }: Listing, file: ListedFile): Origin => ({ host: hub.host, repository: address.repository, commit: file.commit });

/** Whether the safetensors of a repository, or its index, stand beside a config at the place that the address names. */
export const hasSafetensors = (listing: Listing): boolean => {
  const { folder } = listing.address;
  return Boolean(fileOf(listing, `${folder}config.json`)) && [safetensorsIndex, oneFile, pytorchIndex].some(name => fileOf(listing, folder + name));
};

class Fetching {
  constructor(
    readonly listing: Listing,
    readonly watch: ModelWatch,
  ) {}

  async #read(file: ListedFile, limit: number, stop = this.watch.stop): Promise<Bytes> {
    const { hub, address } = this.listing;
    return (await get(hub.file(address.repository, file), limit, stop)).bytes;
  }

  #named(name: string): ListedFile | undefined {
    return fileOf(this.listing, this.listing.address.folder + name);
  }

  async config(): Promise<{ file: ListedFile; model: ModelChoice }> {
    const { hub, address } = this.listing;
    const file = this.#named('config.json');
    if (!file) throw new HubProblem('not_found', hub.page(address, `${address.folder}config.json`));
    const config = minimalConfig(text(await this.#read(file, limits.config)));
    const beside = saysQuantization(config) ? undefined : quantizationFiles.map(name => this.#named(name)).find(Boolean);
    return { file, model: { config, ...(beside ? { quantization_config: minimalConfig(text(await this.#read(beside, limits.config))) } : {}) } };
  }

  /** Shards that an index names and the repository has; a name that it lacks is explained by the reader. */
  #shards(index: Uint8Array, url: string): ListedFile[] {
    const map = (parsed(index, url) as { weight_map?: Record<string, unknown> } | null)?.weight_map ?? {};
    return [...new Set(Object.values(map))].flatMap(name => (typeof name === 'string' ? this.#named(name) ?? [] : []));
  }

  /** An index alone names the tensors, without types and sizes. */
  async #fromIndex(index: File, unread: Unread, stop: AbortSignal): Promise<Headers> {
    return { outcome: await openCheckpoint([index], () => {}, stop), unread };
  }

  async #index(file: ListedFile, watch: Watch): Promise<Headers> {
    const bytes = await this.#read(file, limits.index, watch.stop);
    const index = new File([bytes], baseName(file.path));
    if (file.path.endsWith(pytorchIndex)) return this.#fromIndex(index, { kind: 'pytorch_files' }, watch.stop);
    const shards = this.#shards(bytes, file.path);
    if (shards.length > mostFiles) return this.#fromIndex(index, { kind: 'too_many_files', files: shards.length, most: mostFiles }, watch.stop);
    return { outcome: await safetensorsHeaders(this.listing, shards, index, watch), unread: null };
  }

  async #headers(watch: Watch): Promise<Headers | null> {
    const [sharded, single, pytorch] = [safetensorsIndex, oneFile, pytorchIndex].map(name => this.#named(name));
    if (sharded) return this.#index(sharded, watch);
    if (single) return { outcome: await safetensorsHeaders(this.listing, [single], null, watch), unread: null };
    return pytorch ? this.#index(pytorch, watch) : null;
  }

  /** The tensors, and why they or their sizes are not known. */
  async headers(watch: Watch): Promise<{ checkpoint?: CheckpointSummary; unread: Unread | null }> {
    try {
      const headers = await this.#headers(watch);
      if (!headers) return { unread: null };
      const { outcome, unread } = headers;
      return outcome.ok ? { checkpoint: outcome.value, unread } : { unread: { kind: 'refused', error: outcome.error } };
    } catch (error) {
      if (error instanceof HubProblem) return { unread: { kind: 'problem', problem: error } };
      if (this.watch.skip.aborted && !this.watch.stop.aborted) return { unread: { kind: 'skipped' } };
      throw error;
    }
  }
}

interface Headers {
  outcome: Outcome<CheckpointSummary>;
  unread: Unread | null;
}

/** A watch whose stop also ends what still runs when one of several requests has failed. */
async function together<T>(watch: Watch, also: AbortSignal[], task: (watch: Watch) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const end = (): void => own.abort();
  const signals = [watch.stop, ...also];
  for (const signal of signals) signal.addEventListener('abort', end);
  try {
    return await task({ ...watch, stop: own.signal });
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', end);
    own.abort();
  }
}

/** Errors are HubProblems; a stop throws what fetch throws. Headers that cannot be read leave the config. */
export async function fetchModel(listing: Listing, watch: ModelWatch): Promise<FetchedModel> {
  const fetching = new Fetching(listing, watch);
  const { file, model } = await fetching.config();
  watch.config();
  const { checkpoint, unread } = await together(watch, [watch.skip], own => fetching.headers(own));
  return { origin: originOf(listing, file), model: { ...model, ...(checkpoint ? { checkpoint } : {}) }, unread };
}

/** A GGUF file is a model by itself. What its reader refuses is returned as an error for people. */
export async function fetchGguf(listing: Listing, choice: GgufChoice, watch: Watch): Promise<FetchedModel | PlimsollError> {
  const outcome = await together(watch, [], own => ggufHeaders(listing, choice.files, own));
  if (!outcome.ok) return outcome.error;
  return { origin: originOf(listing, choice.files[0]!), model: { checkpoint: outcome.value }, unread: null };
}
