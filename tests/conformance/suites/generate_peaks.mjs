// The highest moment of a prefill and of the first decoding step, above the weights.
import { compareNumber, failed, notCovered } from '../case.mjs';
import { textPart, wholeText } from '../configs.mjs';
import { report } from '../programs.mjs';

const file = 'oracle/inference/generate_peaks.csv';
const tolerance = 0.005;
const moments = { prefill: 'moment.prefill', decode: 'moment.decode_first' };

const nodeOf = (term, id) => (term.id === id ? term : term.children.map(child => nodeOf(child, id)).find(Boolean));

/** A decoding step adds one token to a sequence whose prompt is there. */
function request(config, { batch, tokens, attention, phase }) {
  const prompt = Number(tokens);
  return {
    model: { config }, weight_format: 'bf16', engine: 'transformers',
    workload: {
      kind: 'inference', attention, max_num_seqs: Number(batch), prompt_tokens: prompt,
      max_model_len: phase === 'decode' ? prompt + 1 : prompt, kv_cache_dtype: 'bf16',
    },
  };
}

function judge(name, row, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const got = outcome.value[moments[row.phase]];
  return compareNumber(name, Number(row.peak_above_weights), got ?? 'no such moment', tolerance);
}

async function cases(folder, configText) {
  const texts = new Map();
  const rows = folder.csv(file);
  for (const { config } of rows) if (!texts.has(config)) texts.set(config, configText(folder, 'configs', config));
  const inQuestion = rows.filter(({ config }) => texts.get(config) !== undefined);
  const asked = inQuestion.filter(({ config }) => texts.get(config) !== null);
  const outcomes = await report(asked.map(row => request(texts.get(row.config), row)),
    ({ tree }) => Object.fromEntries(Object.values(moments).map(id => [id, nodeOf(tree, id)?.bytes])));
  const found = new Map(asked.map((row, i) => [row, outcomes[i]]));
  return inQuestion.map(row => {
    const name = `${row.config} ${row.phase} ${row.batch} x ${row.tokens} ${row.attention}`;
    return found.has(row) ? judge(name, row, found.get(row)) : notCovered(name, 'no such file in configs');
  });
}

const suite = (name, configText) => ({ name, needs: [file, 'configs'], tolerance, cases: folder => cases(folder, configText) });

export const suites = [suite('generate_peaks', wholeText), suite('generate_peaks_text_part', textPart)];
