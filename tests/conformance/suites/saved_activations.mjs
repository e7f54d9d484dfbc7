// Bytes that autograd keeps for backward, by layer and outside the layers, and what is alive when the loss is there.
import { compareNumber, failed, named, notCovered } from '../case.mjs';
import { configText, pickStep, reportRows, targetModules } from '../training_rows.mjs';

const file = 'oracle/training/saved_activations.csv';

const attentions = { 'sdpa(auto)': 'sdpa', sdpa_math: 'sdpa_math', eager: 'eager', flash_attention_2: 'flash_attention_2' };

/** Why a row is left out, if it is. */
function leftOut({ attention, weight_dtype: weights }) {
  if (attention === 'sdpa_cudnn') return 'attention by cuDNN, which keeps what flash keeps less 8 bytes';
  if (attention.endsWith('use_cache=True')) return 'a cache filled while training, which Trainer turns off';
  if (weights === 'float16') return 'FP16 weights without autocast, which no recipe has';
  return undefined;
}

const precisionOf = row => (row.compute.startsWith('autocast') ? 'amp_bf16' : row.weight_dtype === 'float32' ? 'fp32' : 'bf16');

const adaptersOf = row => ({
  r: Number(row.lora_r), target_modules: targetModules(row.model_type, row.lora_targets), lora_dropout: Number(row.lora_dropout) > 0,
  use_dora: row.lora_variant.startsWith('dora'), adapter_dtype: row.adapter_dtype === 'float32' ? 'fp32' : 'bf16',
});

/** The reentrant checkpoint trains nothing unless its input takes gradients, so there they were always asked for. */
const inputGradients = ({ lora_variant: variant, checkpointing }) => variant.endsWith('+input_require_grads') || checkpointing === 'use_reentrant=True';

function request(folder, row, layers = Number(row.layers)) {
  const config = configText(folder, row.config, layers);
  return config && {
    model: { config },
    workload: {
      kind: 'training', method: row.lora_r ? 'lora' : 'full', sequence_length: Number(row.seq), micro_batch_size: Number(row.batch),
      precision: precisionOf(row), attention: attentions[row.attention], optimizer: { id: 'torch-adamw' }, kept_logits: 'none',
      recompute_granularity: row.checkpointing === 'off' ? 'none' : 'full', use_reentrant: row.checkpointing === 'use_reentrant=True',
      padded: row.mask !== 'none', ...(row.lora_r ? { lora: adaptersOf(row), enable_input_require_grads: inputGradients(row) } : {}),
    },
  };
}

/** A table that only one layer uses is counted with that layer. */
const ownTable = ({ layers, tables }, layer) => (tables.number > 1 && layer.count === 1 && layers.length > 1 ? tables.bytes / tables.number : 0);

/** The layer with the row's bytes, if as many layers as the row says keep that. */
function layerBytes(row, step) {
  const groups = step.layers.map(layer => ({ ...layer, bytes: layer.bytes + (row.checkpointing === 'off' ? ownTable(step, layer) : 0) }));
  const told = groups.map(({ bytes, count }) => `${bytes} in ${count} layers`);
  const of = bytes => groups.filter(group => group.bytes === bytes).reduce((sum, { count }) => sum + count, 0);
  const expected = Number(row.bytes);
  return of(expected) >= Number(row.n_layers) ? expected : told.join(', ');
}

const outsideOf = (step, ...ids) => ids.reduce((sum, id) => sum + (step.outside[id] ?? 0), 0);
const sumOf = list => list.reduce((sum, value) => sum + value, 0);
const lossBytes = step => outsideOf(step, 'loss.log_probabilities', 'loss.labels', 'loss.logits_capped') + 4; // the count beside them
const isNorm = id => id.startsWith('saved.norm') || id === 'saved.layer_input'; // the input itself, where no copy is made
const normBytes = step => sumOf(Object.entries(step.outside).filter(([id]) => isNorm(id)).map(([, bytes]) => bytes));
const allLayers = step => sumOf(step.layers.map(({ bytes, copies, count }) => (bytes + copies) * count));
/** GPT-2 hands its mask to a layer by position: checkpoint saves such arguments. Those by name it only holds. */
const byPosition = row => row.model_type === 'gpt2';
const heldArguments = (step, row) => (row.checkpointing === 'off' || byPosition(row) ? 0
  : outsideOf(step, 'saved.mask', 'saved.position_ids', 'saved.rotary_table'));

/** What several layers share: tables, or what each of their checkpoints saves. */
function shared(step, row) {
  if (row.checkpointing !== 'off') return byPosition(row) ? outsideOf(step, 'saved.mask') : 0;
  return step.tables.bytes - sumOf(step.layers.map(layer => ownTable(step, layer)));
}

const scopes = {
  layer: (step, row) => layerBytes(row, step),
  input: step => step.input,
  shared_by_layers: shared,
  'outside:norm': normBytes, 'outside:ln_f': normBytes, 'outside:final_layer_norm': normBytes,
  'outside:lm_head': step => outsideOf(step, 'saved.head_input'),
  'outside:loss': lossBytes, 'outside:model': lossBytes,
  'outside:wpe': step => outsideOf(step, 'saved.position_ids'),
  'outside:drop': step => outsideOf(step, 'saved.embedding_dropout'),
  'autocast_weight_copy:layer': step => Math.max(...step.layers.map(({ copies }) => copies)),
  'autocast_weight_copy:outside': step => outsideOf(step, 'saved.weight_copy'),
  per_layer_by_difference: (step, row, fewer) => (allLayers(step) - allLayers(fewer)) / (step.layerCount - fewer.layerCount),
  // the loss itself and what checkpoint holds as arguments are alive, not saved; frozen embeddings do not save their input
  total_saved: (step, row) => step.saved - 4 - heldArguments(step, row) - outsideOf(step, 'saved.embeddings') + (row.lora_r ? 0 : step.input),
  live_at_loss_only_loss_held: step => step.saved,
  live_at_loss_output_held: step => step.saved + step.logits,
  peak_in_forward_above_static: ({ moments }) => moments['moment.forward_peak'].first - moments['moment.before_forward'].first,
};

const adaptersName = row => row.lora_variant && [row.lora_variant, row.lora_targets, row.lora_dropout, row.adapter_dtype].join(' ');
const nameOf = row => [row.config, `${row.layers} layers`, `${row.batch} x ${row.seq}`, row.weight_dtype, row.compute === row.weight_dtype ? '' : 'autocast',
  row.attention, row.mask === 'none' ? '' : 'padded', row.checkpointing, adaptersName(row), row.scope, row.layer_indices].filter(Boolean).join(' ');

/** "(4 layers - 2 layers)/2" */
const layersBefore = row => Number(/ - (\d+) layers/.exec(row.layer_indices)?.[1]);

/** PEFT gets DoRA's weight by multiplying an identity matrix [in, in] by the adapter: saved by a graph that is gone when the module returns. */
function identityProducts(folder, row) {
  const config = JSON.parse(configText(folder, row.config, Number(row.layers)));
  const hidden = config.hidden_size, heads = config.num_attention_heads * (config.head_dim ?? hidden / config.num_attention_heads);
  const inputs = row.lora_targets === 'qv' ? [hidden, hidden] : [hidden, hidden, hidden, heads, hidden, hidden, config.intermediate_size];
  return 4 * sumOf(inputs.map(width => width * (width + Number(row.lora_r)))); // in fp32
}

/** The groups that DeepSeek-V3 chooses its experts from: two sorted scores of each, the chosen, a mask; no gradient is asked for any. */
function groupChoice(folder, row) {
  const config = JSON.parse(configText(folder, row.config, Number(row.layers)));
  return Number(row.batch) * Number(row.seq) * (16 * config.n_group + 8 * config.topk_group + config.n_routed_experts);
}

/** What a row counts though it is gone when its module returns: saved by graphs that nothing keeps. */
function gone(folder, row) {
  if (row.checkpointing !== 'off') return undefined;
  const whole = ['total_saved', 'live_at_loss_only_loss_held', 'live_at_loss_output_held', 'peak_in_forward_above_static'].includes(row.scope);
  if (!whole && row.scope !== 'layer' && row.scope !== 'per_layer_by_difference') return undefined;
  const layers = whole ? Number(row.layers) : 1;
  if (row.lora_variant.startsWith('dora')) {
    return { bytes: layers * identityProducts(folder, row), reason: 'the product of an adapter with an identity matrix, as DoRA has it' };
  }
  if (row.model_type !== 'deepseek_v3' || (row.scope === 'layer' && !row.scope_class.includes('MoE'))) return undefined;
  const dense = JSON.parse(configText(folder, row.config, Number(row.layers))).first_k_dense_replace;
  return { bytes: (whole ? layers - dense : 1) * groupChoice(folder, row), reason: 'the choice of groups of experts' };
}

/** What is not modelled. */
function gap({ lora_variant: variant, checkpointing, attention, scope }) {
  if (scope === 'peak_in_forward_above_static' && variant.startsWith('dora')) {
    return { reason: 'the forward pass is highest inside the adapter of the last MLP, where DoRA makes its weight', most: 0.4 };
  }
  const scores = attention === 'eager' || attention === 'sdpa_math';
  if (scope === 'peak_in_forward_above_static' && checkpointing !== 'off' && scores) return { reason: 'the forward pass is highest inside the attention of a layer that keeps nothing', most: 0.6 };
  return undefined;
}

function judge(folder, row, outcome, fewer) {
  const name = nameOf(row);
  if (outcome === null) return notCovered(name, 'no such file in configs');
  if (!outcome.ok) return failed(name, outcome.error);
  if (!scopes[row.scope]) return notCovered(name, `no such part of a model here: ${row.scope}`);
  const withCount = (step, layers) => ({ ...step, layerCount: layers });
  const before = row.scope === 'per_layer_by_difference' ? withCount(fewer.value, layersBefore(row)) : undefined;
  const dead = gone(folder, row), expected = { ...row, bytes: Number(row.bytes) - (dead?.bytes ?? 0) };
  const result = named(compareNumber(name, expected.bytes, scopes[row.scope](withCount(outcome.value, Number(row.layers)), expected, before)), gap(row));
  if (dead === undefined || result.outcome !== 'exact') return result;
  return notCovered(name, `equal but for ${dead.reason}, which the row counts though it is gone by then`);
}

async function cases(folder) {
  const rows = folder.csv(file);
  const asked = rows.filter(row => !leftOut(row));
  const outcomes = await reportRows(asked, row => request(folder, row), pickStep);
  const byDifference = asked.filter(row => row.scope === 'per_layer_by_difference');
  const fewer = await reportRows(byDifference, row => request(folder, row, layersBefore(row)), pickStep);
  const before = new Map(byDifference.map((row, i) => [row, fewer[i]]));
  const found = new Map(asked.map((row, i) => [row, outcomes[i]]));
  return rows.map(row => (found.has(row) ? judge(folder, row, found.get(row), before.get(row)) : notCovered(nameOf(row), leftOut(row))));
}

export const suites = [{ name: 'saved_activations', needs: [file, 'configs'], cases }];
