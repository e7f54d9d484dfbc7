// The bytes and names that an index states, against those of the model that its config describes.
import { basename } from 'node:path';

import { exact, failed, notCovered, wrong } from '../case.mjs';
import { inspectCheckpoints, report } from '../programs.mjs';

const part = 'safetensors_index';

/** Constants that older releases saved beside the weights; no class loads them. */
const savedConstants = /\.(rotary_emb\.inv_freq|attn\.(bias|masked_bias)|attention\.(bias|masked_bias))$/;

/** `packedBytes`: of a checkpoint whose method packs its tensors, as its config says; null where it could not be told. */
function judge(name, outcome, packedBytes) {
  if (!outcome.ok) return failed(name, outcome.error);
  const { checkpoint, differences, model_bytes } = outcome.value;
  const bytes = model_bytes ?? packedBytes;
  const differing = differences.filter(({ kind, name: tensor }) => kind !== 'extra' || !savedConstants.test(tensor));
  if (differing.length) {
    const [{ name: tensor, kind, expected, found }] = differing;
    return wrong(name, `${tensor} ${expected}`, `${kind} ${found}`);
  }
  if (differences.length) return notCovered(name, 'holds constants that older releases saved; every other name is equal');
  if (checkpoint.total_size === null) return notCovered(name, 'states no total_size; every name is equal');
  if (bytes === null) return notCovered(name, 'packed: every name is equal, its method is not known');
  return bytes === checkpoint.total_size ? exact(name) : wrong(name, checkpoint.total_size, bytes);
}

async function cases(folder) {
  const rows = folder.csv(part, 'index.csv').map(row => ({ name: basename(row.file), config: basename(row.config_file) }));
  const there = rows.filter(({ config }) => config && folder.has('configs', config));
  const outcomes = await inspectCheckpoints(there.map(({ name, config }) => ({ file: folder.inside(part, name), config: folder.inside('configs', config) })));
  const isPacked = (_, i) => outcomes[i].ok && outcomes[i].value.model_bytes === null && outcomes[i].value.checkpoint.total_size !== null;
  const packed = there.filter(isPacked);
  const packedBytes = await report(packed.map(({ config }) => ({ model: { config: JSON.stringify(folder.json('configs', config)) }, workload: { kind: 'inference', max_model_len: 16 } })),
    value => value.checkpoint_bytes);
  const bytesOf = new Map(packed.map(({ name }, i) => [name, packedBytes[i].ok ? packedBytes[i].value : null]));
  const found = new Map(there.map(({ name }, i) => [name, outcomes[i]]));
  return rows.map(({ name }) => (found.has(name) ? judge(name, found.get(name), bytesOf.get(name) ?? null) : notCovered(name, 'its config is not in configs')));
}

export const suites = [{ name: 'safetensors_index', needs: [`${part}/index.csv`, 'configs'], cases }];
