// The sum at the end of a test run is honest only while each reader of results is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { catch2Counts, conformanceCounts, nodeCounts, playwrightCounts } from '../counts.mjs';

const passedAndFailed = ({ passed, failed }) => [passed, failed];

test('Catch2: whole cases are counted, and a skipped one is a failure', () => {
  const xml = '<OverallResultsCases successes="7" failures="1" expectedFailures="0" skips="2"/>';
  assert.deepEqual(passedAndFailed(catch2Counts(xml, false)), [7, 3]);
});

test('Catch2: a run cut short adds one failure to what it had reached', () => {
  const xml = '<OverallResult success="true"/><OverallResult success="true"/><OverallResult success="false"/>';
  assert.deepEqual(passedAndFailed(catch2Counts(xml, false)), [2, 2]);
  assert.deepEqual(passedAndFailed(catch2Counts('', false)), [0, 1]);
});

test('Catch2: all cases passed, but the program ended badly', () => {
  const xml = '<OverallResultsCases successes="7" failures="0" expectedFailures="0" skips="0"/>';
  assert.deepEqual(passedAndFailed(catch2Counts(xml, false)), [7, 1]);
});

test('node: cancelled, skipped and unfinished tests are failures', () => {
  const tap = '# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n';
  assert.deepEqual(passedAndFailed(nodeCounts(tap, false)), [4, 4]);
});

test('a suite that ran nothing has failed', () => {
  assert.deepEqual(passedAndFailed(nodeCounts('# pass 0\n# fail 0\n', true)), [0, 1]);
  assert.deepEqual(passedAndFailed(playwrightCounts('', true)), [0, 1]);
  assert.deepEqual(passedAndFailed(conformanceCounts('no table', true)), [0, 1]);
});

test('Playwright: flaky tests and errors outside of tests are failures', () => {
  const json = JSON.stringify({ stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 1 }, errors: [{ message: 'no server' }] });
  assert.deepEqual(passedAndFailed(playwrightCounts(json, false)), [5, 4]);
});

test('conformance: exact and near cases pass, wrong ones fail, the rest is neither', () => {
  const json = JSON.stringify({ suites: [{ exact: 10, within: null, wrong: 2, refused: 3 }, { exact: 1, within: 4, wrong: 0, not_covered: 9 }] });
  assert.deepEqual(passedAndFailed(conformanceCounts(json, false)), [15, 2]);
});
