// What every layer keeps between two steps: bytes, and how many layers keep what.
import { differences, exact, failed, notCovered, tally, wrong } from '../case.mjs';
import { formatOf } from '../formats.mjs';
import { textPart, wholeText } from '../configs.mjs';
import { report } from '../programs.mjs';

const workloads = { B1_T300: { batch: 1, tokens: 300 }, B2_T9000: { batch: 2, tokens: 9000 } };
const bytesPer = { float32: 4, float16: 2, bfloat16: 2 };

const elements = shape => shape.reduce((product, length) => product * length, 1);

/** "0-4,6,8-9" is 8 layers. */
const layerCount = ranges => ranges.split(',').map(range => range.split('-').map(Number))
  .reduce((sum, [first, last = first]) => sum + last - first + 1, 0);

/** The tensors that grow with the tokens or the batch. A scalar is bookkeeping. */
const kept = group => Object.values(group.tensors).filter(([shape]) => shape.length);

const dtypesOf = groups => [...new Set(groups.flatMap(group => kept(group).map(([, dtype]) => dtype)))];

function request(config, format, { batch, tokens }) {
  return {
    model: { config }, weight_format: format,
    workload: { kind: 'inference', max_model_len: tokens, prompt_tokens: tokens, max_num_seqs: batch, kv_cache_dtype: format },
  };
}

const expectedBytes = groups => groups.reduce((sum, group) => sum + layerCount(group.layers)
  * kept(group).reduce((bytes, [shape, dtype]) => bytes + elements(shape) * bytesPer[dtype], 0), 0);

const layerKey = (sliding, width) => `${sliding ? 'sliding' : 'full'} layer of ${width} elements a token`;

/** Layers by what they keep of each token; keys and values are [batch, heads, tokens, width]. */
const expectedLayers = groups => tally(groups.filter(({ tensors }) => tensors.keys).map(({ class: cacheClass, layers, tensors }) => {
  const width = ['keys', 'values'].reduce((sum, part) => sum + tensors[part][0][1] * tensors[part][0][3], 0);
  return [layerKey(/Sliding/.test(cacheClass), width), layerCount(layers)];
}));

const gotLayers = kinds => tally(kinds.map(({ count, sliding_window: window, kv_elements_per_token: width }) => [layerKey(window, width), count]));

function compare(name, groups, { kv_cache_bytes: bytes, layer_kinds: kinds }) {
  const layers = differences(expectedLayers(groups), gotLayers(kinds));
  if (layers.keys.length) return wrong(name, layers.expected.join('; '), layers.got.join('; '));
  const expected = expectedBytes(groups);
  return bytes === expected ? exact(name) : wrong(name, `${expected} bytes`, `${bytes} bytes`);
}

/** Every file and workload with what was measured, as a question where it can be asked. */
function questionsOf(folder, oracles, configs, configText) {
  return folder.names(oracles, '.json').flatMap(file => {
    const oracle = folder.json(oracles, file);
    const config = configText(folder, configs, file);
    if (config === undefined) return [];
    return Object.entries(workloads).filter(([key]) => oracle[key]).map(([key, workload]) => {
      const name = `${file} ${key}`;
      if (config === null) return { name, reason: `no such file in ${configs}` };
      const groups = Array.isArray(oracle[key]) ? oracle[key] : [];
      const dtypes = dtypesOf(groups).filter(dtype => bytesPer[dtype]);
      return { name, groups, mixed: dtypes.length !== 1, request: request(config, formatOf(dtypes[0]), workload) };
    });
  });
}

async function cases(folder, oracles, configs, configText) {
  const questions = questionsOf(folder, oracles, configs, configText);
  const asked = questions.filter(question => question.request);
  const outcomes = await report(asked.map(question => question.request),
    ({ kv_cache_bytes, model }) => ({ kv_cache_bytes, layer_kinds: model.layer_kinds }));
  const outcomeOf = new Map(asked.map((question, i) => [question, outcomes[i]]));
  return questions.map(question => {
    const outcome = outcomeOf.get(question);
    if (!outcome) return notCovered(question.name, question.reason);
    if (!outcome.ok) return failed(question.name, outcome.error);
    return question.mixed ? notCovered(question.name, 'keeps tensors of several formats') : compare(question.name, question.groups, outcome.value);
  });
}

const suite = (name, oracles, configs, configText) => ({
  name, needs: [oracles, configs], cases: folder => cases(folder, oracles, configs, configText),
});

export const suites = [
  suite('cache', 'oracle/cache', 'configs', wholeText),
  suite('cache_defaults', 'oracle/cache_defaults', 'configs_defaults', wholeText),
  suite('cache_text_part', 'oracle/cache', 'configs', textPart),
];
