// Request to hash and back, so that a link is a saved estimate:
// #v1&m=meta-llama/Llama-3.1-8B&w=fp8&c=32768&n=4&kv=fp8&g=nvidia/rtx-4090x2
// Only what differs from the default is written, in a fixed order, of both sides of the page; keys of a newer page are kept.

import type { CheckpointSummary, InferenceWorkload, ModelChoice } from '../../wasm/plimsoll.ts';
import { parseCount, parseTokens } from './format.ts';
import { readTraining, trainingKeys, trainingPairs } from './link-training.ts';
import { type Origin, type Side, type State, type Task, defaultGpu, defaultPreset, defaultState, requestOf, sideFor, taskOf } from './state.ts';

const encode = (text: string): string => encodeURIComponent(text).replace(/%2F|%3A|%2B|%2C/g, decodeURIComponent);

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

/** The headers of a checkpoint, of a GGUF file alone or of files beside the model. */
async function checkpointPair({ preset, config, checkpoint }: ModelChoice): Promise<Pair[]> {
  if (!checkpoint) return [];
  return [[preset || config ? 'ck' : 'gguf', await squeeze(JSON.stringify(checkpoint))]];
}

/** What a quantiser wrote beside the config, and the hub that both came from. */
async function besidePairs({ request, origin }: State): Promise<Pair[]> {
  const pairs: Pair[] = [];
  if (request.model.quantization_config) pairs.push(['qc', await squeeze(request.model.quantization_config)]);
  if (origin) pairs.push(['from', `${origin.host}/${origin.repository}@${origin.commit}`]);
  return pairs;
}

function readOrigin(text: string): Origin {
  const match = /^(huggingface\.co|modelscope\.cn)\/([A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)?)@([0-9a-f]{7,64})$/.exec(text);
  if (!match) throw new Error('no origin');
  return { host: match[1]!, repository: match[2]!, commit: match[3]! };
}

const readCheckpoint = async (text: string): Promise<CheckpointSummary> => JSON.parse(await unsqueeze(text)) as CheckpointSummary;

function inferencePairs({ workload, weight_format, engine }: Side): Pair[] {
  if (workload.kind !== 'inference') return [];
  const pairs: Pair[] = [];
  if (weight_format) pairs.push(['w', weight_format]);
  if (workload.max_model_len) pairs.push(['c', String(workload.max_model_len)]);
  if (workload.max_num_seqs && workload.max_num_seqs !== 1) pairs.push(['n', String(workload.max_num_seqs)]);
  if (workload.kv_cache_dtype) pairs.push(['kv', workload.kv_cache_dtype]);
  if (workload.value_cache_dtype) pairs.push(['kvv', workload.value_cache_dtype]);
  if (workload.attention && workload.attention !== 'sdpa') pairs.push(['a', workload.attention]);
  if (workload.prompt_tokens) pairs.push(['pt', String(workload.prompt_tokens)]);
  if (engine) pairs.push(['e', engine]);
  return pairs;
}

export async function writeLink(state: State): Promise<string> {
  const model = await modelPair(state.request.model);
  const pairs: Pair[] = [...(model ? [model] : []), ...(await checkpointPair(state.request.model)), ...(await besidePairs(state))];
  if (taskOf(state) === 'training') pairs.push(['t', 'training']);
  const inference = sideFor(state, 'inference');
  pairs.push(...inferencePairs(inference), ...trainingPairs(sideFor(state, 'training')));
  const gpu = state.request.device?.gpu ?? defaultGpu;
  const count = inference.device_count ?? 1;
  if (gpu !== defaultGpu || count !== 1) pairs.push(['g', `${gpu}x${count}`]);
  if (state.language) pairs.push(['lang', state.language]);
  if (state.theme !== 'auto') pairs.push(['theme', state.theme]);
  if (state.unit !== 'GiB') pairs.push(['unit', state.unit]);
  pairs.push(...state.unknown);
  return pairs.length ? `#v1${pairs.map(([key, value]) => `&${key}=${encode(value)}`).join('')}` : '';
}

/** What a link says, before it is known which side it shows. */
interface Draft {
  model: ModelChoice;
  gpu: string;
  task: Task;
  inference: Side & { workload: InferenceWorkload };
  /** Keys of the training side, read together at the end. */
  training: Map<string, string>;
  state: State;
}

const draft = (): Draft => ({
  model: { preset: defaultPreset },
  gpu: defaultGpu,
  task: 'inference',
  inference: { workload: { kind: 'inference' } },
  training: new Map(),
  state: defaultState(),
});

const readers: Record<string, (to: Draft, value: string) => void | Promise<void>> = {
  m: (to, value) => void (to.model = { preset: value }),
  p: (to, value) => void (to.model = { parameter_count: value }),
  cfg: async (to, value) => void (to.model = { config: await unsqueeze(value) }),
  ck: async (to, value) => void (to.model = { ...to.model, checkpoint: await readCheckpoint(value) }),
  gguf: async (to, value) => void (to.model = { checkpoint: await readCheckpoint(value) }),
  qc: async (to, value) => void (to.model = { ...to.model, quantization_config: await unsqueeze(value) }),
  from: ({ state }, value) => void (state.origin = readOrigin(value)),
  t: (to, value) => void (to.task = value === 'training' ? 'training' : 'inference'),
  w: (to, value) => void (to.inference.weight_format = value),
  c: (to, value) => void (to.inference.workload.max_model_len = parseTokens(value) ?? undefined),
  n: (to, value) => void (to.inference.workload.max_num_seqs = parseCount(value) ?? 1),
  kv: (to, value) => void (to.inference.workload.kv_cache_dtype = value),
  kvv: (to, value) => void (to.inference.workload.value_cache_dtype = value),
  a: (to, value) => void (to.inference.workload.attention = value === 'eager' ? 'eager' : 'sdpa'),
  pt: (to, value) => void (to.inference.workload.prompt_tokens = parseTokens(value)),
  e: (to, value) => void (to.inference.engine = value),
  g: (to, value) => {
    // Ids may end in "x4" themselves, so the count is what follows the last x.
    const match = /^(.*?)(?:x(\d{1,6}))?$/.exec(value);
    to.gpu = match?.[1] ?? value;
    to.inference.device_count = Number(match?.[2] ?? 1);
  },
  lang: ({ state }, value) => void (state.language = value === 'zh' ? 'zh' : 'en'),
  theme: ({ state }, value) => void (state.theme = value === 'dark' || value === 'light' ? value : 'auto'),
  unit: ({ state }, value) => void (state.unit = value === 'GB' ? 'GB' : 'GiB'),
  ...Object.fromEntries(trainingKeys.map(key => [key, (to: Draft, value: string) => void to.training.set(key, value)])),
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export async function readLink(hash: string): Promise<State> {
  const to = draft();
  for (const part of hash.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const key = part.slice(0, at);
    const value = decode(part.slice(at + 1));
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    try {
      if (read) await read(to, value);
      else to.state.unknown.push([key, value]);
    } catch {
      // A damaged value is kept as it came and shown as unknown; the rest of the link still counts.
      to.state.unknown.push([key, value]);
    }
  }
  const training = readTraining(to.training);
  const [shown, aside] = to.task === 'training' ? [training, to.inference] : [to.inference, training];
  return { ...to.state, request: requestOf(shown, to.model, to.gpu), aside };
}
