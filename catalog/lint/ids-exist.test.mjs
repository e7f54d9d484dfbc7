import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './ids-exist.mjs';

test('known ids pass', () => assert.deepEqual(rule.check(fixture()), []));

test('an unknown memory class is found', () => {
  const [finding] = rule.check(fixture((files) => { files['gpus/amd/card'].memory_class = 'odd'; }));
  assert.match(finding.message, /memory_classes/);
});
