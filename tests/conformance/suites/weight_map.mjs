// The names in the index of a published checkpoint, which is what its files really hold.
import { basename } from 'node:path';

import { differences, exact, failed, notCovered, tally, wrong } from '../case.mjs';
import { starred } from '../names.mjs';
import { inspect } from '../programs.mjs';

const part = 'safetensors_index';
const endings = /\.(model\.safetensors|pytorch_model\.bin)\.index\.json$/;

/** Constants that older releases saved beside the weights. No class loads them: it computes them anew. */
const savedConstants = [/\.rotary_emb\.inv_freq$/, /\.attn\.(bias|masked_bias)$/, /\.attention\.(bias|masked_bias)$/];

/** A packed checkpoint holds several tensors for one weight, under names of its own. */
function isPacked(text) {
  try {
    const config = JSON.parse(text);
    return Boolean(config.quantization_config ?? config.quantization);
  } catch {
    return false;
  }
}

const subsets = ([first, ...rest]) => (first === undefined ? [[]] : subsets(rest).flatMap(set => [set, [first, ...set]]));

/** The model's tensors, with or without each kind that a checkpoint may or may not hold. */
function possibleMaps(tensors) {
  const kinds = [...new Set(tensors.map(({ apart }) => apart).filter(Boolean))];
  return subsets(kinds).map(held => tally(tensors.filter(({ apart }) => !apart || held.includes(apart)).map(({ name, count }) => [name, count])));
}

function compare(name, stored, tensors) {
  const closest = possibleMaps(tensors).map(map => differences(stored, map)).sort((a, b) => a.keys.length - b.keys.length)[0];
  if (!closest.keys.length) return exact(name);
  return wrong(name, closest.expected.slice(0, 4).join('; '), closest.got.slice(0, 4).join('; '));
}

function judge(folder, name, outcome, text) {
  if (!outcome.ok) return failed(name, outcome.error);
  if (isPacked(text)) return notCovered(name, 'packed: its names are those of the packing method');
  const names = Object.keys(folder.json(part, name).weight_map);
  const isConstant = tensor => savedConstants.some(pattern => pattern.test(tensor));
  const own = new Set(outcome.value.tensors.map(tensor => tensor.name));
  const extra = names.filter(tensor => isConstant(tensor) && !own.has(starred(tensor)));
  const rest = names.filter(tensor => !extra.includes(tensor));
  const result = compare(name, tally(rest.map(tensor => [starred(tensor), 1])), outcome.value.tensors);
  if (result.outcome !== 'exact' || !extra.length) return result;
  return notCovered(name, `holds constants that older releases saved (${starred(extra[0])}); every other name is equal`);
}

function configNames(folder) {
  const index = folder.has(part, 'index.csv') ? folder.csv(part, 'index.csv') : [];
  const listed = new Map(index.map(row => [basename(row.file), basename(row.config_file)]));
  return name => listed.get(name) || name.replace(endings, '.json');
}

async function cases(folder) {
  const configOf = configNames(folder);
  const names = folder.names(part, '.index.json');
  const there = names.filter(name => folder.has('configs', configOf(name)));
  const outcomes = await inspect(there.map(name => folder.inside('configs', configOf(name))));
  const found = new Map(there.map((name, i) => [name, outcomes[i]]));
  return names.map(name => (found.has(name)
    ? judge(folder, name, found.get(name), folder.text('configs', configOf(name)))
    : notCovered(name, 'its config is not in configs')));
}

export const suites = [{ name: 'weight_map', needs: [part, 'configs'], cases }];
