// Reads each runner's own record of what passed. `ok` says whether the runner ended well; where it did not, or where
// nothing ran, the record is not believed to be whole and one failure is added.

const sound = (counts, ok, note) =>
  (ok || counts.failed > 0) && counts.passed + counts.failed > 0 ? counts : { ...counts, failed: counts.failed + 1, note };

const number = (text, pattern) => Number(text.match(pattern)?.[1] ?? 0);
const occurrences = (text, pattern) => [...text.matchAll(pattern)].length;

export function catch2Counts(xml, ok) {
  const total = xml.match(/<OverallResultsCases successes="(\d+)" failures="(\d+)" expectedFailures="(\d+)" skips="(\d+)"/);
  if (total) {
    const [passed, failures, expected, skips] = total.slice(1).map(Number);
    return sound({ passed, failed: failures + expected + skips }, ok, 'no test ran');
  }
  const cut = { passed: occurrences(xml, /<OverallResult success="true"/g), failed: occurrences(xml, /<OverallResult success="false"/g) };
  return { ...cut, failed: cut.failed + 1, note: 'crashed before its end' };
}

export function nodeCounts(tap, ok) {
  const count = name => number(tap, new RegExp(`^# ${name} (\\d+)$`, 'm'));
  const failed = ['fail', 'cancelled', 'skipped', 'todo'].reduce((sum, name) => sum + count(name), 0);
  return sound({ passed: count('pass'), failed }, ok, 'ended badly or ran nothing');
}

export function playwrightCounts(json, ok) {
  if (!json) return { passed: 0, failed: 1, note: 'wrote no results' };
  const { stats, errors } = JSON.parse(json);
  const failed = stats.unexpected + stats.flaky + stats.skipped + errors.length;
  return sound({ passed: stats.expected, failed }, ok, 'ended badly or ran nothing');
}

/**
 * A covered case is right (to the byte, or within its stated tolerance) or wrong. What the program refuses or does not cover
 * is reported and counts as neither.
 */
export function conformanceCounts(json, ok) {
  let table;
  try {
    table = JSON.parse(json);
  } catch {
    return { passed: 0, failed: 1, note: 'printed no JSON' };
  }
  const rows = table.suites ?? table;
  const sum = key => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
  return sound({ passed: sum('exact') + sum('within'), failed: sum('wrong') }, ok, 'ended badly or covered nothing');
}
