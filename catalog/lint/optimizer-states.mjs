// An optimizer speaks of nothing that it does not have: its rules name its own options, each option is used, blocks and
// tables need a quantisation, and of the rules with one key at most one holds for a tensor.
import { entriesOf } from '../read.mjs';

const opposites = { matrix: 'not_matrix', factored: 'unfactored', quantised: 'unquantised', projected: 'unprojected' };
const apart = (left, right) => opposites[left.only] === right.only || opposites[right.only] === left.only;

function wordsUsed({ states, refuses = [], quantisation = {} }) {
  const moves = states.flatMap((state) => state.moves ?? []);
  return [...states, ...moves, ...refuses].map((rule) => rule.when).concat(quantisation.plain_embeddings_when).filter(Boolean);
}

function* problemsOf(data) {
  const { states, implementations, options = [], quantisation } = data;
  const ways = implementations.map((way) => way.id);
  const used = new Set(wordsUsed(data));
  for (const word of used) {
    if (!options.includes(word) && !ways.includes(word)) yield [`"${word}" is neither an option nor an implementation of it`, 'Add it to options, or correct the word.'];
  }
  for (const option of options) {
    if (!used.has(option)) yield [`the option "${option}" changes nothing`, 'Remove it, or name it in the rule that it changes.'];
  }
  if (new Set(ways).size !== ways.length) yield ['two implementations have the same id', 'Keep one of the two.'];
  for (const [i, state] of states.entries()) {
    if (/quantised/.test(state.only) && !quantisation) yield [`${state.key} depends on a quantisation that the entry lacks`, 'Add quantisation, or remove the condition.'];
    if (['block', 'table'].includes(state.shape) && state.only !== 'quantised') yield [`${state.key} counts blocks of tensors that have none`, 'Set only to quantised.'];
    if (state.shape === 'table' && quantisation && !quantisation.table_entries) yield [`${state.key} is a table without entries`, 'Add table_entries to quantisation.'];
    const twin = states.slice(0, i).find((other) => other.key === state.key && !apart(other, state));
    if (twin) yield [`two rules give ${state.key} to one tensor`, 'Give them opposite conditions in only, or different keys.'];
  }
}

export const rule = {
  id: 'optimizer-states',
  check(catalog) {
    return entriesOf(catalog, 'optimizers').flatMap(({ file, data }) => [...problemsOf(data)].map(([message, hint]) => ({ file, message, hint })));
  },
};
