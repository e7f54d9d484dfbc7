// What a quantised model holds on the device: each tensor of one linear operator (layouts.json), and whole models (whole_models.json).
import { compareNumber, differences, exact, failed, notCovered, tally, wrong } from '../case.mjs';
import { report } from '../programs.mjs';
import { settingOf } from '../quantisation_settings.mjs';

const layouts = 'oracle/quantization/layouts.json';
const models = 'oracle/quantization/whole_models.json';

const itemBytes = { uint8: 1, int8: 1, float8_e4m3fn: 1, float8_e8m0fnu: 1, int16: 2, float16: 2, bfloat16: 2, int32: 4, uint32: 4, float32: 4, int64: 8, undefined: 4 };
const bytesOf = (shape, dtype) => shape.reduce((product, size) => product * size, itemBytes[dtype]);

/** What the reference calls a tensor in memory, and the name it has in a checkpoint. */
const inCheckpoint = {
  'quant_state.absmax': 'weight.absmax', 'quant_state.code': 'weight.quant_map', 'quant_state.state2.absmax': 'weight.nested_absmax',
  'quant_state.state2.code': 'weight.nested_quant_map', 'quant_state.offset': 'weight.nested_offset', 'state.SCB': 'SCB', 'meta.scale': 'scale', 'meta.zero': 'zero',
  'weight._data._data': 'weight._data',
};

/** quanto may keep scales and shifts in one tensor; torch's own modules give one name to what a checkpoint splits. */
const together = name => name.replace(/weight\._(?:scale|shift|scale_shift)$/, 'weight._scale_shift');

/** Every leaf of the weights: a tensor's name and its bytes. */
const leavesOf = term => (term.children.length ? term.children.flatMap(leavesOf) : [{ name: term.label, bytes: term.bytes }]);
const weights = value => leavesOf(value.tree.children.find(({ id }) => id === 'weights'));

const ask = config => ({ model: { config: JSON.stringify(config) }, workload: { kind: 'inference', max_model_len: 16 } });

// ---- one linear operator, as the gate of a small model's MLP

const around = (input, output, bias, dtype, quantization) => ({
  model_type: 'llama', dtype, num_hidden_layers: 1, num_attention_heads: 1, head_dim: 16, vocab_size: 32, max_position_embeddings: 64,
  hidden_size: input, intermediate_size: output, mlp_bias: bias, quantization_config: quantization,
});

/** An embedding of `output` rows. */
const aroundEmbedding = (width, rows, dtype, quantization) => ({ ...around(width, 32, false, dtype, quantization), vocab_size: rows });

/** A bank of experts, all of one layer. */
const aroundExperts = ({ experts, hidden, intermediate }, dtype, quantization) => ({
  model_type: 'qwen3_moe', dtype, num_hidden_layers: 1, num_attention_heads: 1, num_key_value_heads: 1, head_dim: 16, vocab_size: 32, max_position_embeddings: 64,
  hidden_size: hidden, intermediate_size: 32, moe_intermediate_size: intermediate, num_experts: experts, num_experts_per_tok: 1, quantization_config: quantization,
});

/** gpt-oss' experts, in one tensor each. */
const aroundStacked = ({ experts, in: hidden, out: intermediate }, dtype, quantization) => ({
  model_type: 'gpt_oss', dtype, num_hidden_layers: 1, num_attention_heads: 1, num_key_value_heads: 1, head_dim: 16, vocab_size: 32, max_position_embeddings: 64,
  hidden_size: hidden, intermediate_size: intermediate, num_local_experts: experts, num_experts_per_tok: 1, quantization_config: quantization,
});

const modules = {
  linear: /^model\.layers\.\*\.mlp\.gate_proj\./, embedding: /^model\.embed_tokens\./, experts: /^model\.layers\.\*\.mlp\.experts\.(?:\*\.)?/,
  gpt_oss: /^model\.layers\.\*\.mlp\.experts\./,
};

function judgeLinear(name, { memory, kind }, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const leaves = outcome.value.filter(leaf => modules[kind].test(leaf.name)).map(leaf => ({ name: leaf.name.replace(modules[kind], '').replace(/_blocks$/, ''), bytes: leaf.bytes }));
  if (kind === 'experts') return judgeExperts(name, memory, leaves);
  const listed = differences(
    tally(memory.map(([tensor, shape, dtype]) => [together(inCheckpoint[tensor] ?? tensor), bytesOf(shape, dtype)])),
    tally(leaves.map(leaf => [together(leaf.name), leaf.bytes])));
  return listed.keys.length ? wrong(name, listed.expected.join('; '), listed.got.join('; ')) : exact(name);
}

/** The reference has gate and up in one tensor, and a scale for each weight in one tensor beside it. */
function judgeExperts(name, memory, leaves) {
  const joined = tensor => tensor.replace(/^(gate|up|gate_up)_proj/, 'gate_up_proj').replace(/\.weight_scale_inv$/, '_scale_inv').replace(/\.weight$/, '');
  const sums = list => tally(list.map(([tensor, bytes]) => [joined(tensor), bytes]));
  const listed = differences(sums(memory.map(([tensor, shape, dtype]) => [tensor, bytesOf(shape, dtype)])), sums(leaves.map(leaf => [leaf.name, leaf.bytes])));
  return listed.keys.length ? wrong(name, listed.expected.join('; '), listed.got.join('; ')) : exact(name);
}

async function linears(folder) {
  const all = folder.json(layouts).entries.flatMap(entry => entry.examples.map(example => ({ entry, example, name: `${entry.method} ${entry.setting} ${example.in} to ${example.out}` })));
  const judged = all.map(each => ({ ...each, asked: settingOf(each.entry, each.example) }));
  const covered = judged.filter(({ asked }) => !asked.reason);
  const configOf = ({ example, asked: { kind, dtype, quantization } }) => (kind === 'embedding' ? aroundEmbedding(example.in, example.out, dtype, quantization)
    : kind === 'experts' ? aroundExperts(example, dtype, quantization) : kind === 'gpt_oss' ? aroundStacked(example, dtype, quantization) : around(example.in, example.out, example.bias, dtype, quantization));
  const outcomes = await report(covered.map(each => ask(configOf(each))), weights);
  const found = new Map(covered.map((each, i) => [each, outcomes[i]]));
  return judged.map(each => (found.has(each) ? judgeLinear(each.name, { memory: each.asked.memory, kind: each.asked.kind }, found.get(each)) : notCovered(each.name, each.asked.reason)));
}

// ---- whole models

/** The offset of a double quantisation is text in a checkpoint, and so in this reference: its four bytes are compared with one operator. */
const isListed = ({ name }) => !name.endsWith('.nested_offset');
const sum = entries => entries.reduce((total, { bytes }) => total + bytes, 0);

/** Buffers that are not saved: counted with the operators, not in the reference's totals. */
const isSaved = ({ name }) => !name.endsWith('.input_scale_ub');

/** The reference names experts as Transformers fuses them; here they have the checkpoint's names. */
const fused = name => name.replace(/\.experts\.\*\.(?:gate_proj|up_proj|w1|w3)\./, '.experts.gate_up_proj.').replace(/\.experts\.\*\.(?:down_proj|w2)\./, '.experts.down_proj.')
  .replace(/\.block_sparse_moe\./, '.mlp.').replace(/(\.experts\.\w+)\.weight_scale_inv$/, '$1_scale_inv').replace(/(\.experts\.\w+)\.weight$/, '$1');
const asLoaded = name => together(fused(name)).replace(/\.weight\._data\._data$/, '.weight._data').replace(/\.meta\.(scale|zero)$/, '.$1').replace(/(\.experts\.\w+)_blocks$/, '$1');

/** Transformers keeps these in 32 bit when it loads a model; the reference only built the modules. */
const keptIn32Bit = /\.e_score_correction_bias$/;

function judgeModel(name, expected, outcome) {
  if (!outcome.ok) return [failed(name, outcome.error)];
  const leaves = outcome.value.filter(isListed).filter(isSaved);
  const tensors = expected.tensors.map(({ name: tensor, shape, dtype, count }) => ({ name: tensor, bytes: bytesOf(shape, keptIn32Bit.test(tensor) ? 'float32' : dtype) * count }));
  const kept = sum(tensors.filter(tensor => keptIn32Bit.test(tensor.name))) - sum(expected.tensors.filter(tensor => keptIn32Bit.test(tensor.name)).map(({ shape, dtype, count }) => ({ bytes: bytesOf(shape, dtype) * count })));
  const named = entries => tally(entries.map(entry => [asLoaded(entry.name), entry.bytes]));
  const listed = differences(named(tensors), named(leaves));
  return [listed.keys.length ? wrong(`${name}, each tensor`, listed.expected.slice(0, 4).join('; '), listed.got.slice(0, 4).join('; ')) : exact(`${name}, each tensor`),
    compareNumber(`${name}, all`, expected.total_bytes + kept, sum(leaves))];
}

async function wholeModels(folder) {
  const all = folder.json(models).models.filter(model => folder.has('configs', model.config));
  const configOf = ({ config, dtype, quantization_config }) => ({ ...folder.json('configs', config), dtype, quantization_config });
  const outcomes = await report(all.map(model => ask(configOf(model))), weights);
  return all.flatMap((model, i) => judgeModel(model.label, model, outcomes[i]));
}

export const suites = [
  { name: 'quantised_linear', needs: [layouts], cases: linears },
  { name: 'quantised_model', needs: [models, 'configs'], cases: wholeModels },
];
