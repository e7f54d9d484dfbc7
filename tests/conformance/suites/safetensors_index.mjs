// The bytes and names that an index states, against those of the model that its config describes.
import { basename } from 'node:path';

import { exact, failed, notCovered, wrong } from '../case.mjs';
import { inspectCheckpoints } from '../programs.mjs';

const part = 'safetensors_index';

/** Constants that older releases saved beside the weights; no class loads them. */
const savedConstants = /\.(rotary_emb\.inv_freq|attn\.(bias|masked_bias)|attention\.(bias|masked_bias))$/;

function judge(name, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const { checkpoint, differences, model_bytes: bytes } = outcome.value;
  const differing = differences.filter(({ kind, name: tensor }) => kind !== 'extra' || !savedConstants.test(tensor));
  if (differing.length) {
    const [{ name: tensor, kind, expected, found }] = differing;
    return wrong(name, `${tensor} ${expected}`, `${kind} ${found}`);
  }
  if (differences.length) return notCovered(name, 'holds constants that older releases saved; every other name is equal');
  if (checkpoint.total_size === null) return notCovered(name, 'states no total_size; every name is equal');
  if (bytes === null) return notCovered(name, 'packed: every name is equal, its bytes are those of the packing method');
  return bytes === checkpoint.total_size ? exact(name) : wrong(name, checkpoint.total_size, bytes);
}

async function cases(folder) {
  const rows = folder.csv(part, 'index.csv').map(row => ({ name: basename(row.file), config: basename(row.config_file) }));
  const there = rows.filter(({ config }) => config && folder.has('configs', config));
  const outcomes = await inspectCheckpoints(there.map(({ name, config }) => ({ file: folder.inside(part, name), config: folder.inside('configs', config) })));
  const found = new Map(there.map(({ name }, i) => [name, outcomes[i]]));
  return rows.map(({ name }) => (found.has(name) ? judge(name, found.get(name)) : notCovered(name, 'its config is not in configs')));
}

export const suites = [{ name: 'safetensors_index', needs: [`${part}/index.csv`, 'configs'], cases }];
