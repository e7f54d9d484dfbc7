// The cache that llama.cpp allocates: its cells times what one layer keeps of each token.
// How many cells there are (windows padded to the batch, one stream for each sequence) is that engine's own choice and is
// taken from the row; what is compared is the elements of a layer and how many layers of each kind there are.
import { exact, failed, notCovered, wrong } from '../case.mjs';
import { report } from '../programs.mjs';

const files = ['measurements/llamacpp-allocator.csv', 'oracle/llamacpp/allocator.csv'];
const bytesPer = { f32: 4, f16: 2, bf16: 2 };
const mebibyte = 2 ** 20;

/** The rows name GGUF files; the preset is the release whose config.json the file was made from, or the tuned one of equal shape. */
const presets = {
  'deepseek-v2-lite': 'deepseek-ai/DeepSeek-V2-Lite',
  'deepseek-v3': 'deepseek-ai/DeepSeek-V3',
  'gemma-2-2b': 'google/gemma-2-2b-it',
  'gemma-3-27b': 'google/gemma-3-27b-it',
  'gemma-3-4b': 'google/gemma-3-4b-it',
  'gpt-oss-120b': 'openai/gpt-oss-120b',
  'gpt-oss-20b': 'openai/gpt-oss-20b',
  'granite-3.1-8b': 'ibm-granite/granite-3.1-8b-instruct',
  'llama-2-7b': 'meta-llama/Llama-2-7b-hf',
  'llama-3.1-70b': 'meta-llama/Llama-3.1-70B',
  'llama-3.1-8b': 'meta-llama/Llama-3.1-8B',
  'llama-3.2-1b': 'meta-llama/Llama-3.2-1B',
  'llama-3.2-3b': 'meta-llama/Llama-3.2-3B',
  'mistral-7b-v0.3': 'mistralai/Mistral-7B-Instruct-v0.3',
  'mixtral-8x7b': 'mistralai/Mixtral-8x7B-v0.1',
  'phi-3-mini': 'microsoft/Phi-3-mini-4k-instruct',
  'phi-3.5-mini': 'microsoft/Phi-3.5-mini-instruct',
  'phi-4': 'microsoft/phi-4',
  'qwen2-57b-a14b': 'Qwen/Qwen2-57B-A14B',
  'qwen2.5-7b': 'Qwen/Qwen2.5-7B',
  'qwen3-0.6b': 'Qwen/Qwen3-0.6B',
  'qwen3-14b': 'Qwen/Qwen3-14B',
  'qwen3-235b-a22b': 'Qwen/Qwen3-235B-A22B',
  'qwen3-30b-a3b': 'Qwen/Qwen3-30B-A3B',
  'qwen3-32b': 'Qwen/Qwen3-32B',
  'qwen3-coder-480b': 'Qwen/Qwen3-Coder-480B-A35B-Instruct',
  'smollm3-3b': 'HuggingFaceTB/SmolLM3-3B',
};

/** "512.00@4096x32;27.00@768x18(streams 4)": one part for each group of layers that share a cache. */
export function parseCaches(text) {
  return [...text.matchAll(/([\d.]+)@(\d+)x(\d+)(?:\(streams (\d+)\))?/g)]
    .map(([, printed, cells, layers, streams = 1]) => ({ printed: Number(printed), cells: Number(cells), layers: Number(layers), streams: Number(streams) }));
}

/** The layers of each cache: full ones first, those with a window second. An engine that ignores the window keeps all in one. */
function groupsOf(kinds, count) {
  if (count === 1) return [kinds];
  return [kinds.filter(kind => kind.sliding_window === null), kinds.filter(kind => kind.sliding_window !== null)].filter(group => group.length);
}

const describe = caches => caches.map(({ mebibytes, layers }) => `${mebibytes.toFixed(2)} MiB in ${layers} layers`).join('; ');

/** Equal to the hundredth of a MiB that is printed. */
const isEqual = (printed, ours) => printed.layers === ours.layers && Math.abs(printed.printed - ours.mebibytes) <= 0.005;

function compare(name, caches, kinds, bytes) {
  const groups = groupsOf(kinds, caches.length);
  const ours = caches.map(({ cells, streams }, i) => {
    const group = groups[i] ?? [];
    const elements = group.reduce((sum, kind) => sum + kind.count * kind.kv_elements_per_token, 0);
    return { layers: group.reduce((sum, kind) => sum + kind.count, 0), mebibytes: elements * cells * streams * bytes / mebibyte };
  });
  if (groups.length === caches.length && caches.every((cache, i) => isEqual(cache, ours[i]))) return exact(name);
  return wrong(name, describe(caches.map(cache => ({ ...cache, mebibytes: cache.printed }))), describe(ours));
}

function reasonNotCovered({ model, kind, type_k: keys, type_v: values }, caches) {
  if (!presets[model]) return 'no preset of this model';
  if (kind.includes('mtp')) return 'multi-token prediction loaded';
  if (!bytesPer[keys] || keys !== values) return `${keys} cache: a block format`;
  return caches.length ? null : 'no cache in this row';
}

async function cases(folder) {
  const rows = files.filter(file => folder.has(file)).flatMap(file => folder.csv(file).map(row => ({ ...row, file })));
  const wanted = [...new Set(rows.map(({ model }) => presets[model]).filter(Boolean))];
  const outcomes = await report(wanted.map(preset => ({ model: { preset } })), ({ model }) => model.layer_kinds);
  const found = new Map(wanted.map((preset, i) => [preset, outcomes[i]]));
  return rows.map(row => {
    const name = `${row.file} ${row.id} ${row.model}`;
    const caches = parseCaches(row['kv_caches(MiB@cells x layers)']);
    const reason = reasonNotCovered(row, caches);
    if (reason) return notCovered(name, reason);
    const outcome = found.get(presets[row.model]);
    return outcome.ok ? compare(name, caches, outcome.value, bytesPer[row.type_k]) : failed(name, outcome.error);
  });
}

export const suites = [{ name: 'llamacpp_kv', needsOneOf: files, cases }];
