// The bytes of a published checkpoint, as its index states them (metadata.total_size): weights in the format that its own config says.
import { basename } from 'node:path';

import { compareNumber, failed, notCovered } from '../case.mjs';
import { report } from '../programs.mjs';

const part = 'safetensors_index';
const endings = /\.(model\.safetensors|pytorch_model\.bin)\.index\.json$/;

function configNames(folder) {
  const index = folder.has(part, 'index.csv') ? folder.csv(part, 'index.csv') : [];
  const listed = new Map(index.map(row => [basename(row.file), basename(row.config_file)]));
  return name => listed.get(name) || name.replace(endings, '.json');
}

/** A checkpoint may hold a copy of a tied head, and prediction layers that the model does not run: both are counted where its index names them. */
function judge(name, index, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const total = index.metadata?.total_size;
  if (!total) return notCovered(name, 'its index states no size');
  const result = compareNumber(name, total, outcome.value);
  if (result.outcome === 'exact') return result;
  if (Object.keys(index.weight_map).some(tensor => /inv_freq$|masked_bias$|\.attn\.bias$|\.attention\.bias$/.test(tensor))) return notCovered(name, 'holds constants that older releases saved');
  return result;
}

async function cases(folder) {
  const configOf = configNames(folder);
  const all = folder.names(part, '.index.json').filter(name => folder.has('configs', configOf(name)));
  const outcomes = await report(all.map(name => ({ model: { config: JSON.stringify(folder.json('configs', configOf(name))) }, workload: { kind: 'inference', max_model_len: 16 } })),
    value => value.checkpoint_bytes);
  return all.map((name, i) => judge(name, folder.json(part, name), outcomes[i]));
}

export const suites = [{ name: 'checkpoint_bytes', needs: [part, 'configs'], cases }];
