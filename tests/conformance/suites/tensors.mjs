// Every tensor of a checkpoint: name, shape, format and count; and the parameter count.
import { differences, exact, failed, notCovered, tally, wrong } from '../case.mjs';
import { formatOf } from '../formats.mjs';
import { starred } from '../names.mjs';
import { inspect } from '../programs.mjs';

const key = (name, shape, format) => `${name} [${shape}] ${format}`;

function expectedTensors({ tensors, checkpoint_tensors: checkpoint, tied }) {
  const stored = checkpoint ?? tensors.filter(({ name }) => !tied.includes(name));
  return tally(stored.map(({ name, shape, dtype, count }) => [key(name, shape, formatOf(dtype)), count]));
}

/** A name says whether it is a buffer in the module's own list; experts stored one by one have names of their own, and are none. */
const expectedBuffers = ({ tensors }) => tally(tensors.filter(({ kind }) => kind === 'buffer').map(({ name, count }) => [`buffer ${name}`, count]));

const shown = ({ expected, got }) => [expected.slice(0, 4).join('; '), got.slice(0, 4).join('; ')];

function compare(name, oracle, { parameter_count: parameters, tensors }) {
  const present = tensors.filter(({ apart }) => !apart);
  const listed = differences(expectedTensors(oracle), tally(present.map(({ name: tensor, shape, format, count }) => [key(tensor, shape, format), count])));
  if (listed.keys.length) return wrong(name, ...shown(listed));
  const buffers = differences(expectedBuffers(oracle), tally(present.filter(({ role }) => role === 'buffer').map(({ name: tensor, count }) => [`buffer ${tensor}`, count])));
  if (buffers.keys.length) return wrong(name, ...shown(buffers));
  const tied = differences(tally(oracle.tied.map(tensor => [`tied ${starred(tensor)}`, 1])),
    tally(tensors.filter(({ apart }) => apart === 'tied').map(({ name: tensor, count }) => [`tied ${tensor}`, count])));
  if (tied.keys.length) return wrong(name, ...shown(tied));
  return parameters === oracle.parameters ? exact(name) : wrong(name, `${oracle.parameters} parameters`, `${parameters} parameters`);
}

async function cases(folder, oracles, configs) {
  const names = folder.names(oracles, '.json');
  const there = names.filter(name => folder.has(configs, name));
  const outcomes = await inspect(there.map(name => folder.inside(configs, name)));
  const found = new Map(there.map((name, i) => [name, outcomes[i]]));
  return names.map(name => {
    const outcome = found.get(name);
    if (!outcome) return notCovered(name, `no such file in ${configs}`);
    return outcome.ok ? compare(name, folder.json(oracles, name), outcome.value) : failed(name, outcome.error);
  });
}

const suite = (name, oracles, configs) => ({ name, needs: [oracles, configs], cases: folder => cases(folder, oracles, configs) });

export const suites = [
  suite('tensors', 'oracle/tensors', 'configs'),
  suite('tensors_defaults', 'oracle/tensors_defaults', 'configs_defaults'),
];
