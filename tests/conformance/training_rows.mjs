// Rows about training steps of Transformers models as requests, and a report as the numbers that such rows hold.
import { report } from './programs.mjs';

/** A config's text with other keys: the language model inside one that also sees, fewer layers. Null where the folder lacks the file. */
export function configText(folder, name, layers) {
  const [, file, , changes] = /^(.*?\.json)( \(\+(.*)\))?$/.exec(name);
  if (!folder.has('configs', file)) return null;
  const whole = folder.json('configs', file);
  const config = typeof whole.text_config?.model_type === 'string' ? whole.text_config : whole;
  for (const [key, value] of (changes ?? '').split(',').filter(Boolean).map(change => change.split('='))) {
    config[key] = /^\d+$/.test(value) ? Number(value) : value;
  }
  config[config.n_layer === undefined ? 'num_hidden_layers' : 'n_layer'] = layers;
  if (config.layer_types) config.layer_types = config.layer_types.slice(0, layers);
  return JSON.stringify(config);
}

const queryAndValue = {
  gpt2: ['c_attn'], gpt_neox: ['query_key_value'], phi3: ['qkv_proj'],
};
/** "all-linear" reaches a checkpoint's experts; what was measured had adapters beside linear modules only. */
const linearModules = { qwen3_moe: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] };

export const targetModules = (family, targets) => (targets === 'all-linear'
  ? linearModules[family] ?? ['all-linear'] : queryAndValue[family] ?? ['q_proj', 'v_proj']);

export const nodeOf = (term, id) => (term.id === id ? term : term.children.map(child => nodeOf(child, id)).find(Boolean));

const inputOf = (leaf, symbol) => leaf.formula?.inputs.find(input => input.symbol === symbol)?.value;

export const bytesOf = (term, ids) => (term.children.length && !ids.includes(term.id)
  ? term.children.reduce((sum, child) => sum + bytesOf(child, ids), 0)
  : ids.includes(term.id) ? term.bytes : 0);

/** Equal layers are one node, whose leaves carry their number as L; of recomputed layers one leaf, their input. */
function layersOf(activations, number) {
  const layers = [];
  for (const group of activations.children) {
    if (layers.reduce((sum, { count }) => sum + count, 0) === number) break; // the final norm may keep such an input, too
    if (group.id !== 'saved.layers' && group.id !== 'saved.layer_input') continue;
    const count = inputOf(group.children[0] ?? group, 'L');
    const copies = bytesOf(group, ['saved.weight_copy']);
    layers.push({ count, bytes: (group.bytes - copies) / count, copies: copies / count, node: group });
  }
  return layers;
}

/** What the rows ask of a report: saved tensors by place, and the moments. */
export function pickStep({ tree, training, model }) {
  const forward = nodeOf(tree, 'moment.forward_peak');
  const [activations, loss] = ['activations', 'loss'].map(id => nodeOf(nodeOf(tree, 'moment.loss'), id));
  const layers = layersOf(activations, model.num_hidden_layers);
  const outside = activations.children.filter(child => !layers.some(({ node }) => node === child));
  const ids = [...new Set([...outside, ...loss.children].map(({ id }) => id))];
  const table = outside.find(({ id }) => id === 'saved.rotary_table');
  return {
    layers: layers.map(({ count, bytes, copies }) => ({ count, bytes, copies })),
    saved: activations.bytes + loss.bytes - bytesOf(loss, ['loss.logits']),
    outside: Object.fromEntries(ids.map(id => [id, bytesOf({ children: [...outside, ...loss.children] }, [id])])),
    tables: table ? { bytes: table.bytes, number: inputOf(table, 'n') ?? 1 } : { bytes: 0, number: 0 },
    input: bytesOf(tree, ['buffers.input_ids']), logits: bytesOf(forward, ['loss.logits']), keptLogits: bytesOf(loss, ['loss.logits']),
    logitElements: bytesOf(loss, ['loss.log_probabilities']) / 4,
    copies: bytesOf(forward, ['saved.weight_copy']) - bytesOf(activations, ['saved.weight_copy']), // of weights, that forward alone holds
    moments: Object.fromEntries(training.moments.map(({ id, allocated_bytes: later, first_step_bytes: first }) => [id, { first, later }])),
  };
}

/** A report for each row: equal requests are asked once. `requestOf` gives null where the folder lacks the config. */
export async function reportRows(rows, requestOf, pick) {
  const texts = rows.map(row => {
    const request = requestOf(row);
    return request && JSON.stringify(request);
  });
  const unique = [...new Set(texts.filter(Boolean))];
  const outcomes = await report(unique.map(text => JSON.parse(text)), pick);
  const found = new Map(unique.map((text, i) => [text, outcomes[i]]));
  return texts.map(text => (text ? found.get(text) : null));
}
