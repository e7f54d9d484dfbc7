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

/** A known difference: why, and how large at most, in parts of what is expected. Named with its size, and wrong beyond it. */
export function named(result, gap) {
  if (result.outcome !== 'wrong' || !gap) return result;
  const share = typeof result.got === 'number' ? (result.got - result.expected) / result.expected : undefined;
  if (share === undefined) return notCovered(result.name, gap.reason);
  if (share < -gap.most || share > 0) return result;
  return notCovered(result.name, `${gap.reason}: short by ${share > -0.05 ? (-100 * share).toFixed(1) : 10 * Math.ceil(-10 * share)} %${share > -0.05 ? '' : ' at most'}`);
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
