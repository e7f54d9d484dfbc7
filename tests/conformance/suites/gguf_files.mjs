// GGUF files of each llama.cpp file type: the type of every tensor that llama-quantize chooses one for, and the bytes of all tensors.
import { compareNumber, differences, exact, failed, notCovered, wrong } from '../case.mjs';
import { report } from '../programs.mjs';

const sizes = 'measurements/gguf-file-sizes.csv';
const choices = 'oracle/quantization/gguf_type_choice.csv';
const totals = 'oracle/quantization/gguf_type_totals.csv';

/** The recipe of a file type; the plain data types have recipes of their own under their names. */
const recipe = fileType => (['F32', 'F16', 'BF16'].includes(fileType) ? `GGUF_${fileType}` : fileType);
const ggmlName = format => ({ fp32: 'f32', fp16: 'f16' })[format] ?? format.replace(/^ggml_/, '');

const ask = (config, fileType, imatrix) => ({
  model: { config: JSON.stringify(config) }, weight_format: recipe(fileType), importance_matrix: imatrix, workload: { kind: 'inference', max_model_len: 16 },
});
const weightsOf = value => value.tree.children.find(({ id }) => id === 'weights');
const leaves = term => (term.children.length ? term.children.flatMap(leaves) : [term]);

function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

// ---- published models

const configOf = {
  'llama-3.1-8b': 'meta-llama--Meta-Llama-3.1-8B', 'llama-3.1-70b': 'meta-llama--Meta-Llama-3.1-70B', 'qwen3-0.6b': 'Qwen--Qwen3-0.6B', 'qwen3-32b': 'Qwen--Qwen3-32B',
  'qwen3-30b-a3b': 'Qwen--Qwen3-30B-A3B', 'qwen3-235b-a22b': 'Qwen--Qwen3-235B-A22B', 'gemma-3-27b': 'google--gemma-3-27b-it', 'gpt-oss-120b': 'openai--gpt-oss-120b',
  'deepseek-v3': 'deepseek-ai--DeepSeek-V3',
};

/** Keys that a published file's config.json did not state when it was converted, and that later ones do. */
const unstated = { 'gemma-3-27b': ['vocab_size'] };

function publishedConfig(folder, model, file) {
  const config = folder.json('configs', file);
  const own = { ...(config.text_config ?? config), quantization_config: undefined };
  return Object.fromEntries(Object.entries(own).filter(([key]) => !unstated[model]?.includes(key)));
}

async function fileSizes(folder) {
  const rows = folder.csv(sizes).map(row => ({ row, name: `${row.model} ${row.file_type}`, config: `${configOf[row.model]}.json` }));
  const there = rows.filter(({ row, config }) => configOf[row.model] && folder.has('configs', config));
  const outcomes = await report(there.map(({ row, config }) => ask(publishedConfig(folder, row.model, config), row.file_type, false)), value => weightsOf(value).bytes);
  const found = new Map(there.map((each, i) => [each, outcomes[i]]));
  return rows.map(each => {
    if (!configOf[each.row.model]) return notCovered(each.name, 'model type unknown');
    const outcome = found.get(each);
    if (!outcome) return notCovered(each.name, 'no such config');
    return outcome.ok ? compareNumber(each.name, Number(each.row.tensor_bytes), outcome.value) : failed(each.name, outcome.error);
  });
}

// ---- small files, whose headers were written by hand: a config that gives the same tensors

const modelType = {
  llama: 'llama', qwen2: 'qwen2', qwen3: 'qwen3', qwen3moe: 'qwen3_moe', qwen2moe: 'qwen2_moe', gemma: 'gemma', gemma2: 'gemma2', gemma3: 'gemma3_text',
  phi3: 'phi3', gptneox: 'gpt_neox', granite: 'granite', deepseek2: 'deepseek_v2', 'gpt-oss': 'gpt_oss',
};

/** Why a case cannot be asked for as a config; empty where it can. */
function reasonAgainst({ arch, tensors }) {
  if (!modelType[arch]) return 'model type unknown';
  if (tensors.has('blk.*.attn_kv_b.weight')) return 'a file of an older converter, which left latent attention in one matrix';
  return '';
}

function configFrom({ arch, n_layer: layers, n_head: heads, n_head_kv: kvHeads, n_expert: experts, tied, tensors }) {
  const axis = (name, i) => tensors.get(name === 'token_embd.weight' || name === 'rope_freqs.weight' ? name : `blk.*.${name}.weight`)?.ne[i];
  const config = {
    model_type: arch === 'llama' && experts > 0 ? 'mixtral' : modelType[arch], dtype: 'bfloat16', num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kvHeads,
    hidden_size: axis('token_embd.weight', 0), vocab_size: axis('token_embd.weight', 1), tie_word_embeddings: tied === 1, max_position_embeddings: 4096,
    intermediate_size: axis('ffn_down', 0) ?? axis('ffn_down_exps', 0), head_dim: axis('attn_output', 0) / heads,
  };
  if (axis('rope_freqs.weight', 0)) config.rope_scaling = { rope_type: 'llama3' };
  if (arch === 'gptneox') config.num_key_value_heads = heads;
  if (experts > 0) Object.assign(config, { num_experts: experts, num_local_experts: experts, n_routed_experts: experts, num_experts_per_tok: 2, moe_intermediate_size: axis('ffn_down_exps', 0) });
  if (arch === 'qwen2moe') config.shared_expert_intermediate_size = axis('ffn_down_shexp', 0);
  if (arch !== 'deepseek2') return config;
  const latent = axis('attn_kv_a_norm', 0), rotary = axis('attn_kv_a_mqa', 1) - latent;
  return {
    ...config, q_lora_rank: null, kv_lora_rank: latent, qk_rope_head_dim: rotary, qk_nope_head_dim: axis('attn_q', 1) / heads - rotary, v_head_dim: axis('attn_output', 0) / heads,
    n_shared_experts: axis('ffn_down_shexp', 0) / axis('ffn_down_exps', 0), first_k_dense_replace: tensors.get('blk.*.ffn_down.weight').layers.length, head_dim: undefined,
  };
}

/** "0-3,7" as a list; "" outside layers. */
const layerList = text => (text === '' ? [] : text.split(/[,;\s]+/).flatMap(range => {
  const [first, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}));

const shapesOf = rows => {
  const tensors = new Map();
  for (const { tensor, ne, layers } of rows) {
    const known = tensors.get(tensor);
    if (known) known.layers.push(...layerList(layers));
    else tensors.set(tensor, { ne: ne.split('x').map(Number), layers: layerList(layers) });
  }
  return tensors;
};

const numbers = ['n_layer', 'n_head', 'n_head_kv', 'n_expert', 'tied'];
function casesOf(folder) {
  const byCase = groupBy(folder.csv(choices), row => row.case);
  return [...byCase].map(([name, rows]) => {
    const first = Object.fromEntries(numbers.map(key => [key, Number(rows[0][key])]));
    const shown = { name, arch: rows[0].arch, ...first, rows, tensors: shapesOf(rows.filter(row => row.file_type === rows[0].file_type && row.imatrix === rows[0].imatrix)) };
    return { ...shown, against: reasonAgainst(shown) };
  });
}

/** Type of each tensor of each layer. */
const expected = rows => new Map(rows.filter(row => row.source_type !== 'f32').flatMap(({ tensor, layers, chosen_type: type }) => (
  layers === '' ? [[`${tensor} ${type.toLowerCase()}`, 1]] : layerList(layers).map(layer => [`${tensor.replace('*', layer)} ${type.toLowerCase()}`, 1]))));

const chosen = (layers, all) => value => {
  const out = new Map();
  for (const { label } of leaves(weightsOf(value))) {
    const [, name, format] = /^(.*), (\S+)$/.exec(label);
    const [, numbered, part] = /^blk\.([^.]*)\.(.*)$/.exec(name) ?? [];
    const names = numbered === undefined ? [name] : (numbered === '*' ? all : layerList(numbered)).map(layer => `blk.${layer}.${part}`);
    for (const each of names) out.set(`${each} ${ggmlName(format)}`, 1);
  }
  return out;
};

/** llama-quantize chooses no type for vectors, norms and routers: they are in 32 bit in both. */
const ofChosen = (got, wanted) => {
  const asked = new Set([...wanted.keys()].map(key => key.split(' ')[0]));
  return new Map([...got].filter(([key]) => asked.has(key.split(' ')[0]) || !key.endsWith(' f32')));
};

async function typeChoices(folder) {
  const all = casesOf(folder);
  const questions = all.filter(({ against }) => !against).flatMap(each => (
    [...groupBy(each.rows, row => `${each.name} ${row.file_type}${row.imatrix === '1' ? ' imatrix' : ''}`)].map(([name, rows]) => ({ each, name, rows }))));
  const layersOf = ({ n_layer: layers }) => Array.from({ length: layers }, (_, i) => i);
  const outcomes = await report(questions.map(({ each, rows }) => ask(configFrom(each), rows[0].file_type, rows[0].imatrix === '1')), value => value);
  const judged = questions.map(({ each, name, rows }, i) => {
    if (!outcomes[i].ok) return failed(name, outcomes[i].error);
    const wanted = expected(rows);
    const { keys, expected: missing, got } = differences(wanted, ofChosen(chosen(each, layersOf(each))(outcomes[i].value), wanted));
    return keys.length ? wrong(name, missing.slice(0, 4).join('; '), got.slice(0, 4).join('; ')) : exact(name);
  });
  return [...judged, ...all.filter(({ against }) => against).map(({ name, against }) => notCovered(name, against))];
}

// ---- bytes of all tensors

const byHand = new Set(['gptneox', 'gpt-oss']); // their headers lack biases that the converter writes

async function typeTotals(folder) {
  const known = new Map(casesOf(folder).map(each => [each.name, each]));
  const rows = folder.csv(totals).map(row => ({ row, each: known.get(row.case), name: `${row.case} ${row.file_type}${row.imatrix === '1' ? ' imatrix' : ''}` }));
  const reason = ({ row, each }) => (each?.against ?? 'no tensor list') || (byHand.has(each.arch) ? 'its header lacks biases' : '') || (row.status === 'same as imatrix=0' ? 'same as without an importance matrix' : '');
  const asked = rows.filter(entry => !reason(entry));
  const outcomes = await report(asked.map(({ row, each }) => ask(configFrom(each), row.file_type, row.imatrix === '1')), value => weightsOf(value).bytes);
  const found = new Map(asked.map((entry, i) => [entry, outcomes[i]]));
  return rows.map(entry => {
    const outcome = found.get(entry);
    if (!outcome) return notCovered(entry.name, reason(entry));
    if (entry.row.status.startsWith('FAIL')) return outcome.error?.code === 'unsupported_combination' ? exact(entry.name) : wrong(entry.name, 'an error', 'a file');
    return outcome.ok ? compareNumber(entry.name, Number(entry.row.tensor_bytes), outcome.value) : failed(entry.name, outcome.error);
  });
}

export const suites = [
  { name: 'gguf_file_sizes', needs: [sizes, 'configs'], cases: fileSizes },
  { name: 'gguf_type_choice', needs: [choices], cases: typeChoices },
  { name: 'gguf_type_totals', needs: [choices, totals], cases: typeTotals },
];
