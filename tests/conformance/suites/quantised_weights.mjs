// What a quantised model holds on the device: each tensor of one linear operator (layouts.json), and whole models (whole_models.json).
import { compareNumber, differences, exact, failed, notCovered, tally, wrong } from '../case.mjs';
import { report } from '../programs.mjs';

const layouts = 'oracle/quantization/layouts.json';
const models = 'oracle/quantization/whole_models.json';

const itemBytes = { uint8: 1, int8: 1, float16: 2, bfloat16: 2, float32: 4, undefined: 4 };
const bytesOf = (shape, dtype) => shape.reduce((product, size) => product * size, itemBytes[dtype]);

/** What the reference calls a tensor in memory, and the name it has in a checkpoint. */
const inCheckpoint = {
  weight: 'weight', bias: 'bias', 'quant_state.absmax': 'weight.absmax', 'quant_state.code': 'weight.quant_map', 'quant_state.state2.absmax': 'weight.nested_absmax',
  'quant_state.state2.code': 'weight.nested_quant_map', 'quant_state.offset': 'weight.nested_offset', 'state.SCB': 'SCB',
};

/** The catalogue's recipe for a setting of bitsandbytes. */
const recipe = ({ bits, quantType, doubleQuant }) => (bits === 8 ? 'bnb_int8' : `${quantType}${doubleQuant ? '_double_quant' : ''}`);

/** Every leaf of the weights: a tensor's name, its bytes, and whether it is part of a quantised one. */
function leavesOf(term, inside = false) {
  if (!term.children.length) return [{ name: term.label, bytes: term.bytes, quantised: inside }];
  return term.children.flatMap(child => leavesOf(child, inside || term.label !== ''));
}
const weights = value => leavesOf(value.tree.children.find(({ id }) => id === 'weights'));

const ask = (config, format) => ({ model: { config: JSON.stringify(config) }, weight_format: format, workload: { kind: 'inference', max_model_len: 16 } });

// ---- one linear operator, as the gate of a small model's MLP

const around = (input, output, bias) => ({
  model_type: 'llama', dtype: 'float16', num_hidden_layers: 1, num_attention_heads: 1, head_dim: 16, vocab_size: 32, max_position_embeddings: 64,
  hidden_size: input, intermediate_size: output, mlp_bias: bias,
});

function settingsOf({ method, parameters }) {
  if (method === 'bitsandbytes_8bit') return { bits: 8 };
  return { bits: 4, quantType: parameters.quant_type, doubleQuant: parameters.double_quant };
}

function judgeLinear(name, { memory }, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const gate = /^model\.layers\.\*\.mlp\.gate_proj\./;
  const listed = differences(
    tally(memory.map(([tensor, shape, dtype]) => [`${inCheckpoint[tensor] ?? tensor} of ${bytesOf(shape, dtype)} B`, 1])),
    tally(outcome.value.filter(leaf => gate.test(leaf.name)).map(leaf => [`${leaf.name.replace(gate, '')} of ${leaf.bytes} B`, 1])));
  return listed.keys.length ? wrong(name, listed.expected.join('; '), listed.got.join('; ')) : exact(name);
}

async function linears(folder) {
  const all = folder.json(layouts).entries.flatMap(entry => entry.examples.map(example => ({ entry, example, name: `${entry.method} ${entry.setting} ${example.in} to ${example.out}` })));
  const covered = all.filter(({ entry }) => entry.method.startsWith('bitsandbytes_'));
  const outcomes = await report(covered.map(({ entry, example }) => ask(around(example.in, example.out, example.bias), recipe(settingsOf(entry)))), weights);
  const found = new Map(covered.map((each, i) => [each, outcomes[i]]));
  return all.map(each => (found.has(each) ? judgeLinear(each.name, each.example, found.get(each)) : notCovered(each.name, 'method not covered yet')));
}

// ---- whole models

function modelSettings({ quantization_config: asked }) {
  if (asked?.quant_method !== 'bitsandbytes') return null;
  if (asked.load_in_8bit) return { bits: 8 };
  return { bits: 4, quantType: asked.bnb_4bit_quant_type, doubleQuant: asked.bnb_4bit_use_double_quant };
}

/** The offset of a double quantisation is text in a checkpoint, and so in this reference: its four bytes are compared with one operator. */
const isListed = ({ name }) => !name.endsWith('.nested_offset');
const sum = entries => entries.reduce((total, { bytes }) => total + bytes, 0);

/** The reference lists a quantised module's bias with it. */
function withBiases(leaves) {
  const modules = new Set(leaves.filter(({ quantised }) => quantised).map(({ name }) => name.replace(/\.weight$/, '')));
  return leaves.map(leaf => ({ ...leaf, quantised: leaf.quantised || modules.has(leaf.name.replace(/\.bias$/, '')) }));
}

function judgeModel(name, expected, outcome) {
  if (!outcome.ok) return [failed(name, outcome.error)];
  const leaves = withBiases(outcome.value.filter(isListed));
  const tensors = expected.tensors.map(({ name: tensor, shape, dtype, count, kind }) => ({ name: tensor, bytes: bytesOf(shape, dtype) * count, quantised: kind === 'quantised' }));
  const named = entries => tally(entries.filter(({ quantised }) => quantised).map(entry => [entry.name, entry.bytes]));
  const listed = differences(named(tensors), named(leaves));
  const quantised = listed.keys.length ? wrong(`${name}, quantised`, listed.expected.slice(0, 4).join('; '), listed.got.slice(0, 4).join('; ')) : exact(`${name}, quantised`);
  return [quantised, compareNumber(`${name}, all`, expected.total_bytes, sum(leaves))];
}

async function wholeModels(folder) {
  const all = folder.json(models).models.filter(model => folder.has('configs', model.config));
  const covered = all.filter(model => modelSettings(model));
  const configOf = ({ config, dtype }) => ({ ...folder.json('configs', config), dtype, quantization_config: undefined });
  const outcomes = await report(covered.map(model => ask(configOf(model), recipe(modelSettings(model)))), weights);
  const found = new Map(covered.map((model, i) => [model, outcomes[i]]));
  return all.flatMap(model => (found.has(model) ? judgeModel(model.label, model, found.get(model)) : [notCovered(model.label, 'method not covered yet')]));
}

export const suites = [
  { name: 'quantised_linear', needs: [layouts], cases: linears },
  { name: 'quantised_model', needs: [models, 'configs'], cases: wholeModels },
];
