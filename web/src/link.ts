// Request to hash and back, so that a link is a saved estimate:
// #v1&m=meta-llama/Llama-3.1-8B&w=fp8&c=32768&n=4&kv=fp8&g=nvidia/rtx-4090x2
// Only what differs from the default is written, in a fixed order; keys of a newer page are kept.

import type { InferenceWorkload, ModelChoice } from '../../wasm/plimsoll.ts';
import { parseCount, parseTokens } from './format.ts';
import { type State, defaultGpu, defaultPreset, defaultState } from './state.ts';

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':');

const toBase64Url = (bytes: Uint8Array): string => {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));

const squeeze = async (text: string): Promise<string> => {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return toBase64Url(new Uint8Array(await new Response(stream).arrayBuffer()));
};

const unsqueeze = (text: string): Promise<string> =>
  new Response(new Blob([fromBase64Url(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();

/** A config without its white space; text that is not JSON is left as it is, for the core to explain. */
export function minimalConfig(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

type Pair = [key: string, value: string];

async function modelPair(model: ModelChoice): Promise<Pair | null> {
  if (typeof model.config === 'string') return ['cfg', await squeeze(model.config)];
  if (model.parameter_count) return ['p', model.parameter_count];
  return model.preset && model.preset !== defaultPreset ? ['m', model.preset] : null;
}

function workloadPairs(workload: InferenceWorkload): Pair[] {
  const pairs: Pair[] = [];
  if (workload.max_model_len) pairs.push(['c', String(workload.max_model_len)]);
  if (workload.max_num_seqs && workload.max_num_seqs !== 1) pairs.push(['n', String(workload.max_num_seqs)]);
  if (workload.kv_cache_dtype) pairs.push(['kv', workload.kv_cache_dtype]);
  if (workload.attention && workload.attention !== 'sdpa') pairs.push(['a', workload.attention]);
  if (workload.prompt_tokens) pairs.push(['pt', String(workload.prompt_tokens)]);
  return pairs;
}

export async function writeLink(state: State): Promise<string> {
  const { request } = state;
  const model = await modelPair(request.model);
  const pairs: Pair[] = model ? [model] : [];
  if (request.weight_format) pairs.push(['w', request.weight_format]);
  pairs.push(...workloadPairs(request.workload));
  if (request.engine) pairs.push(['e', request.engine]);
  const count = request.device?.device_count ?? 1;
  if (request.device && (request.device.gpu !== defaultGpu || count !== 1)) pairs.push(['g', `${request.device.gpu}x${count}`]);
  if (state.language) pairs.push(['lang', state.language]);
  if (state.theme !== 'auto') pairs.push(['theme', state.theme]);
  if (state.unit !== 'GiB') pairs.push(['unit', state.unit]);
  pairs.push(...state.unknown);
  return pairs.length ? `#v1${pairs.map(([key, value]) => `&${key}=${encode(value)}`).join('')}` : '';
}

const readers: Record<string, (state: State, value: string) => void | Promise<void>> = {
  m: (state, value) => void (state.request.model = { preset: value }),
  p: (state, value) => void (state.request.model = { parameter_count: value }),
  cfg: async (state, value) => void (state.request.model = { config: await unsqueeze(value) }),
  w: (state, value) => void (state.request.weight_format = value),
  c: (state, value) => void (state.request.workload.max_model_len = parseTokens(value) ?? undefined),
  n: (state, value) => void (state.request.workload.max_num_seqs = parseCount(value) ?? 1),
  kv: (state, value) => void (state.request.workload.kv_cache_dtype = value),
  a: (state, value) => void (state.request.workload.attention = value === 'eager' ? 'eager' : 'sdpa'),
  pt: (state, value) => void (state.request.workload.prompt_tokens = parseTokens(value)),
  e: (state, value) => void (state.request.engine = value),
  g: (state, value) => {
    // Ids may end in "x4" themselves, so the count is what follows the last x.
    const match = /^(.*?)(?:x(\d{1,6}))?$/.exec(value);
    state.request.device = { gpu: match?.[1] ?? value, device_count: Number(match?.[2] ?? 1) };
  },
  lang: (state, value) => void (state.language = value === 'zh' ? 'zh' : 'en'),
  theme: (state, value) => void (state.theme = value === 'dark' || value === 'light' ? value : 'auto'),
  unit: (state, value) => void (state.unit = value === 'GB' ? 'GB' : 'GiB'),
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export async function readLink(hash: string): Promise<State> {
  const state = defaultState();
  for (const part of hash.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const key = part.slice(0, at);
    const value = decode(part.slice(at + 1));
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    try {
      if (read) await read(state, value);
      else state.unknown.push([key, value]);
    } catch {
      // A damaged value is kept as it came and shown as unknown; the rest of the link still counts.
      state.unknown.push([key, value]);
    }
  }
  return state;
}
