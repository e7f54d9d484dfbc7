import assert from 'node:assert/strict';
import test from 'node:test';
import { rule } from './alias-not-ambiguous.mjs';
import { fixture } from './fixture.mjs';

test('names of their own pass', () => assert.deepEqual(rule.check(fixture()), []));

test('an alias that means another entry is found, whatever its spaces and capitals', () => {
  const findings = rule.check(fixture((files) => {
    files['gpus/amd/other'] = { ...files['gpus/amd/card'], name: 'Other', aliases: ['the-CARD'] };
  }));
  assert.match(findings[0].message, /thecard.*amd\/card/);
});
