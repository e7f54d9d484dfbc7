import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './source-used.mjs';

test('used sources pass', () => assert.deepEqual(rule.check(fixture()), []));

test('a source nobody names is found', () => {
  const findings = rule.check(fixture((files) => {
    files['sources/idle'] = files['sources/code'];
  }));
  assert.equal(findings.length, 1);
  assert.match(findings[0].file, /idle\.json$/);
});

test('a source that only the core names is used', () => {
  const catalog = fixture((files) => { files['sources/idle'] = files['sources/code']; });
  assert.deepEqual(rule.check({ ...catalog, code: '.source = "idle",' }), []);
});
