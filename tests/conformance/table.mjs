// The results as one object for machines and as one table for people.

const shownWrong = 10;
const counted = ['exact', 'within', 'wrong', 'refused', 'not_covered'];

const withOutcome = (cases, outcome) => cases.filter(entry => entry.outcome === outcome);

function reasonsOf(cases) {
  const counts = {};
  for (const { reason } of withOutcome(cases, 'not_covered')) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** One suite's row. `within` is null where a case is right or wrong and nothing between. */
export function summarise({ name, tolerance }, missing, cases) {
  const counts = Object.fromEntries(counted.map(outcome => [outcome, withOutcome(cases, outcome).length]));
  return {
    suite: name, cases: cases.length, ...counts,
    within: tolerance ? counts.within : null, tolerance: tolerance ?? null, missing,
    wrong_cases: withOutcome(cases, 'wrong').map(({ name: file, expected, got }) => ({ case: file, expected, got })),
    refused_cases: withOutcome(cases, 'refused').map(({ name: file, got }) => ({ case: file, error: got })),
    not_covered_reasons: reasonsOf(cases), lines: cases.flatMap(({ lines }) => lines ?? []),
  };
}

const firstOf = (list, line) => [
  ...list.slice(0, shownWrong).map(line),
  ...(list.length > shownWrong ? [`    and ${list.length - shownWrong} more`] : []),
];

function detailsOf(row) {
  const lines = [
    ...(row.missing.length ? [`  not in this folder: ${row.missing.join(', ')}`] : []),
    ...(row.tolerance ? [`  within: different by at most ${row.tolerance * 100} %`] : []),
    ...row.lines.map(line => `  ${line}`),
    ...firstOf(row.wrong_cases, entry => `  wrong: ${entry.case}\n    expected ${entry.expected}\n    got      ${entry.got}`),
    ...firstOf(row.refused_cases, entry => `  refused: ${entry.case}: ${entry.error}`),
    ...Object.entries(row.not_covered_reasons).map(([reason, count]) => `  not covered: ${count} x ${reason}`),
  ];
  return lines.length ? [`\n${row.suite}`, ...lines] : [];
}

export function table(rows) {
  const headings = ['suite', 'cases', ...counted.map(outcome => outcome.replace('_', ' '))];
  const cells = rows.map(row => [row.suite, row.cases, ...counted.map(outcome => row[outcome] ?? '-')].map(String));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map(line => line[i].length)));
  const line = texts => texts.map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join('  ');
  return [line(headings), ...cells.map(line), ...rows.flatMap(detailsOf)].join('\n');
}
