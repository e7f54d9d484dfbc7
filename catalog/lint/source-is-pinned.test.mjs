import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './source-is-pinned.mjs';

const findingsFor = (source) => rule.check(fixture((files) => Object.assign(files['sources/code'], source)));

test('a commit, a tag and a version are pins', () => {
  assert.deepEqual(findingsFor({ address: 'https://github.com/a/b/blob/v5.23.0/c' }), []);
  assert.deepEqual(findingsFor({}), []);
  assert.deepEqual(findingsFor({ address: 'npm:@huggingface/tasks@0.21.54' }), []);
  assert.deepEqual(findingsFor({ address: 'pypi:transformers==5.23.0' }), []);
});

test('a branch and a bare package are not', () => {
  assert.equal(findingsFor({ address: 'https://github.com/a/b/blob/main/c' }).length, 1);
  assert.equal(findingsFor({ address: 'npm:lit' }).length, 1);
});

test('code on a branch is found under another kind too', () => {
  assert.equal(findingsFor({ kind: 'page', address: 'https://github.com/a/b/blob/main/c' }).length, 1);
  assert.equal(findingsFor({ kind: 'page', address: 'https://github.com/a/b/pull/1' }).length, 0);
});
