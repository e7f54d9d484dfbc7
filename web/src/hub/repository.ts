// What a repository holds: its files, and which of them are a model.

import type { HubAddress } from './address.ts';
import { HubProblem, get } from './get.ts';
import { type Hub, type ListedFile, hubOf } from './hosts.ts';

/** A repository at one commit. */
export interface Listing {
  address: HubAddress;
  hub: Hub;
  files: ListedFile[];
}

/** A model as GGUF: one file, or the parts of a split one. */
export interface GgufChoice {
  /** Path of the file; of a split one without the numbers. */
  name: string;
  files: ListedFile[];
  /** null where the list does not say. */
  bytes: number | null;
}

const listLimit = 16_000_000;

export function parsed(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    throw new HubProblem('odd_answer', url, 200);
  }
}

export async function listFiles(address: HubAddress, stop: AbortSignal): Promise<Listing> {
  const hub = hubOf(address);
  const url = hub.list(address);
  const files = hub.readList(parsed((await get(url, listLimit, stop)).bytes, url));
  if (!files) throw new HubProblem('odd_answer', url, 200);
  return { address, hub, files };
}

export const fileOf = ({ files }: Listing, path: string): ListedFile | undefined => files.find(file => file.path === path);

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const part = /-\d{5}-of-\d{5}\.gguf$/i;
/** Files that stand beside a model: the encoder of its images, and statistics for quantising. */
const besideModels = /^mmproj|imatrix/i;

/** The models that are GGUF files, the smallest first. */
export function ggufChoices({ files }: Listing): GgufChoice[] {
  const choices = new Map<string, GgufChoice>();
  for (const file of files) {
    if (!/\.gguf$/i.test(file.path) || besideModels.test(baseName(file.path))) continue;
    const name = file.path.replace(part, '.gguf');
    const choice = choices.get(name) ?? { name, files: [], bytes: 0 };
    choice.files.push(file);
    choice.bytes = choice.bytes === null || file.size === null ? null : choice.bytes + file.size;
    choices.set(name, choice);
  }
  return [...choices.values()].sort((a, b) => (a.bytes ?? Infinity) - (b.bytes ?? Infinity) || (a.name < b.name ? -1 : 1));
}

/** The choice that an address names, as a file or behind a colon. */
export function namedChoice({ address: { file, quant } }: Listing, choices: GgufChoice[]): GgufChoice | null {
  if (/\.gguf$/i.test(file)) return choices.find(choice => choice.files.some(({ path }) => path === file)) ?? null;
  const ending = quant && new RegExp(`[-._/]${quant.replaceAll('.', '\\.')}\\.gguf$`, 'i');
  return (ending && choices.find(({ name }) => ending.test(name))) || null;
}
