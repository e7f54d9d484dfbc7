import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences, goldenFiles, outcomesNow } from './golden.mjs';

const files = goldenFiles();
const now = outcomesNow(files);

for (const [at, { name, outcome }] of files.entries()) {
  test(`${name} is the report that was reviewed`, () => {
    assert.deepEqual(differences(outcome, now[at]), [], 'run ./dev golden and review the difference');
    assert.deepEqual(now[at], outcome);
  });
}
