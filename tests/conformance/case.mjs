// What became of one case. A suite returns a list of these. `lines` of a case are printed whatever became of it.

export const exact = name => ({ name, outcome: 'exact' });
export const within = (name, expected, got) => ({ name, outcome: 'within', expected, got });
export const wrong = (name, expected, got) => ({ name, outcome: 'wrong', expected, got });
export const notCovered = (name, reason) => ({ name, outcome: 'not_covered', reason });

/** An error where a reference result exists: an unknown model type is not covered, anything else was refused. */
export const failed = (name, { code, where, message }) => (code === 'unknown_model_type'
  ? notCovered(name, 'model type unknown')
  : { name, outcome: 'refused', got: `${code} at ${where}: ${message}` });

/** Equal, or different by at most `tolerance` of what is expected. */
export function compareNumber(name, expected, got, tolerance = 0) {
  if (got === expected) return exact(name);
  const judge = Math.abs(got - expected) <= tolerance * expected ? within : wrong;
  return judge(name, expected, got);
}

/** Where the model is known not to reach, a difference is named with its size instead of being called wrong. */
export function named(result, reason) {
  if (result.outcome !== 'wrong' || !reason) return result;
  const share = typeof result.got === 'number' ? 100 * (result.got - result.expected) / result.expected : undefined;
  return notCovered(result.name, share === undefined ? reason : `${reason}: ${share < 0 ? 'short' : 'over'} by ${Math.abs(share) < 5 ? Math.abs(share).toFixed(1) : 10 * Math.ceil(Math.abs(share) / 10)} %${Math.abs(share) < 5 ? '' : ' at most'}`);
}

/** Two maps from a key to a number: equal, or the keys that differ. */
export function differences(expected, got) {
  const keys = [...new Set([...expected.keys(), ...got.keys()])].filter(key => expected.get(key) !== got.get(key));
  const part = map => keys.map(key => `${key} x ${map.get(key) ?? 0}`);
  return { keys, expected: part(expected), got: part(got) };
}

/** Adds up numbers by key. */
export function tally(entries) {
  const sums = new Map();
  for (const [key, count] of entries) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}
