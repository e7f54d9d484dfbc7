// Every state that an optimizer keeps for one tensor: its key, its bytes and where it lies.
import { exact, failed, notCovered, wrong } from '../case.mjs';
import { formatOf } from '../formats.mjs';
import { optimizerStates } from '../programs.mjs';

const file = 'oracle/training/optimizer_states.csv';

/** Library and class of the reference, and the catalogue's id. */
const ids = {
  'torchao _AdamW': 'torchao-adamw', 'torchao AdamW8bit': 'torchao-adamw-8bit', 'torchao Adam8bit': 'torchao-adam-8bit',
  'torchao AdamW4bit': 'torchao-adamw-4bit', 'torchao AdamWFp8': 'torchao-adamw-fp8', 'galore-torch GaLoreAdamW': 'galore-adamw',
};

/** bitsandbytes has a class for each variant: PagedAdamW32bit is AdamW in 32 bit with paged states. */
function bitsandbytes(name) {
  const [, paged, stem, bits] = /^(Paged)?(.*?)(8bit|32bit)?$/.exec(name);
  return { id: `bitsandbytes-${stem.toLowerCase()}${bits === '8bit' ? '-8bit' : ''}`, options: paged ? ['paged'] : [] };
}

const classChoice = (library, name) => (library === 'bitsandbytes' ? bitsandbytes(name)
  : { id: ids[`${library} ${name}`] ?? `${library}-${name.toLowerCase()}`, options: [] });

const ways = { 'foreach=True': 'foreach', 'foreach=False': 'for_loop', 'fused=True': 'fused' };
const withoutEffect = ['scale_parameter', 'relative_step'];

/** "momentum=0.9 foreach=True" in the words of a request. */
function choice({ library, optimizer, options }) {
  const chosen = classChoice(library, optimizer);
  for (const word of options.split(' ').filter(Boolean)) {
    const [key, value] = word.split('=');
    if (ways[word]) chosen.implementation = ways[word];
    else if (key === 'rank' || key === 'block_size') chosen[key] = Number(value);
    else if (!withoutEffect.includes(key)) chosen.options.push(key);
  }
  return chosen;
}

const tensor = ({ param_shape: shape, param_dtype: dtype, param_kind: kind }) => ({
  shape: shape ? shape.split('x').map(Number) : [], dtype: formatOf(dtype), ...(kind === 'embedding' ? { role: 'embedding' } : {}),
});

const nameOf = row => `${row.library} ${row.optimizer} ${row.options} ${row.param_kind} ${row.param_dtype}`.replace(/ +/g, ' ');

/** Where the reference says that a state lies. Its own device is a CPU in some rows, so that a state of no axes looks like the
 * host's whatever it is: there only the bytes are compared. */
const placeIsKnown = row => !(row.measured_on.startsWith('cpu') && row.param_shape === '' && row.state_key !== 'step');
function placed(row) {
  const [device, host] = [Number(row.bytes_on_device), Number(row.bytes_on_host)];
  if (!placeIsKnown(row)) return `${device + host} B`;
  const place = row.note.startsWith('paged') ? 'unified' : host > 0 ? 'host' : 'device';
  return `${device + host} B on ${place}${row.shared_between_params === 'yes' ? ', shared' : ''}`;
}
const ours = (state, row) => (placeIsKnown(row) ? `${state.bytes} B on ${state.place}${state.shared ? ', shared' : ''}` : `${state.bytes} B`);

function judgeRow(row, states) {
  const name = `${nameOf(row)} ${row.state_key}`;
  if (row.state_key === '(none)') return states.length ? wrong(name, 'no state', states.map(state => state.key).join(', ')) : exact(name);
  const state = states.find(({ key }) => key === row.state_key);
  const got = state ? ours(state, row) : 'no such state';
  return got === placed(row) ? exact(name) : wrong(name, placed(row), got);
}

const unanswered = (name, error) => (error.code === 'unknown_id' ? notCovered(name, 'optimizer unknown') : failed(name, error));

/** All rows of one tensor under one optimizer. A state that the reference lacks is a wrong case more, and so is a wrong sum. */
function judge(rows, outcome) {
  const refused = rows.find(row => row.error);
  if (refused) {
    const agrees = !outcome.ok && outcome.error.code === 'unsupported_combination';
    return rows.map(() => (agrees ? exact(nameOf(refused)) : wrong(nameOf(refused), refused.error, JSON.stringify(outcome))));
  }
  if (!outcome.ok) return rows.map(row => unanswered(`${nameOf(row)} ${row.state_key}`, outcome.error));
  const { states, device_bytes: device, unified_bytes: unified } = outcome.value;
  const listed = new Set(rows.map(row => row.state_key));
  const extra = states.filter(({ key }) => !listed.has(key)).map(({ key }) => wrong(`${nameOf(rows[0])} ${key}`, 'no such state', key));
  const total = Number(rows[0].total_device_bytes);
  const sum = device + unified === total || !rows.every(placeIsKnown) ? [] : [wrong(`${nameOf(rows[0])}, sum`, total, device + unified)];
  return [...rows.map(row => judgeRow(row, states)), ...extra, ...sum];
}

async function cases(folder) {
  const groups = new Map();
  for (const row of folder.csv(file)) {
    const key = nameOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  const asked = [...groups.values()];
  const outcomes = await optimizerStates(asked.map(([row]) => ({ optimizer: choice(row), tensor: tensor(row) })));
  return asked.flatMap((rows, i) => judge(rows, outcomes[i]));
}

export const suites = [{ name: 'optimizer_states', needs: [file], cases }];
