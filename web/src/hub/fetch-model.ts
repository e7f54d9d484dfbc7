// A model of a hub at one commit: its config.json, then what names its tensors, an index or the header of the one file.

import type { HubAddress } from './address.ts';
import { type Got, HubProblem, get } from './get.ts';
import { huggingFace, modelScope } from './hosts.ts';

/** What was read of the files that hold the tensors; never the tensors. */
export interface FetchedHeader {
  file: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Of the tensors: the sum that an index states, one file without its header; null where neither is said. */
  totalBytes: number | null;
  /** Files that hold tensors. */
  files: number;
}

export interface FetchedModel {
  host: string;
  repository: string;
  revision: string;
  commit: string;
  config: string;
  header: FetchedHeader | null;
  /** Why there is no header, where there should be one. */
  headerProblem: HubProblem | null;
}

// The largest index known has 60 MB, the longest header that its library takes 100 MB.
const limits = { list: 16_000_000, config: 5_000_000, index: 80_000_000, header: 100_000_000 };
const indexes = ['model.safetensors.index.json', 'pytorch_model.bin.index.json'];
const oneFile = 'model.safetensors';

const text = ({ bytes }: Got): string => new TextDecoder().decode(bytes);

function parsed(got: Got, url: string): unknown {
  try {
    return JSON.parse(text(got)) as unknown;
  } catch {
    throw new HubProblem('odd_answer', url, 200);
  }
}

async function readIndex(url: string, file: string, stop: AbortSignal): Promise<FetchedHeader> {
  const got = await get(url, limits.index, stop);
  const index = parsed(got, url) as { metadata?: { total_size?: unknown }; weight_map?: Record<string, unknown> } | null;
  const total = index?.metadata?.total_size;
  const files = new Set(Object.values(index?.weight_map ?? {})).size;
  return { file, bytes: got.bytes, totalBytes: typeof total === 'number' && Number.isSafeInteger(total) ? total : null, files };
}

/** The first eight bytes say how long the header behind them is. */
async function readHeader(url: string, file: string, stop: AbortSignal): Promise<FetchedHeader> {
  const start = await get(url, 8, stop, 0);
  if (start.bytes.length < 8) throw new HubProblem('odd_answer', url, 200);
  const length = new DataView(start.bytes.buffer).getBigUint64(0, true);
  if (length > BigInt(limits.header)) throw new HubProblem('too_large', url, limits.header);
  const rest = await get(url, Number(length), stop, 8);
  const bytes = new Uint8Array(8 + rest.bytes.length);
  bytes.set(start.bytes);
  bytes.set(rest.bytes, 8);
  const size = rest.size ?? start.size;
  return { file, bytes, totalBytes: size === null ? null : size - bytes.length, files: 1 };
}

/** Errors are HubProblems; a stop throws what fetch throws. */
export async function fetchModel(address: HubAddress, stop: AbortSignal): Promise<FetchedModel> {
  const hub = address.hub === 'modelscope' ? modelScope : huggingFace;
  const { repository, revision, folder } = address;
  const list = hub.list(address);
  const files = hub.readList(parsed(await get(list, limits.list, stop), list));
  if (!files) throw new HubProblem('odd_answer', list, 200);
  const place = `${folder}config.json`;
  const urlOf = (file: string): string => hub.file(repository, files.commitOf(file), file);
  if (!files.files.includes(place)) throw new HubProblem('not_found', hub.page(address, place));
  const config = text(await get(urlOf(place), limits.config, stop));
  const found: FetchedModel = { host: hub.host, repository, revision, commit: files.commitOf(place), config, header: null, headerProblem: null };
  const index = indexes.map(file => folder + file).find(file => files.files.includes(file));
  const single = folder + oneFile;
  if (!index && !files.files.includes(single)) return found;
  try {
    found.header = index ? await readIndex(urlOf(index), index, stop) : await readHeader(urlOf(single), single, stop);
  } catch (error) {
    if (!(error instanceof HubProblem)) throw error;
    found.headerProblem = error;
  }
  return found;
}
