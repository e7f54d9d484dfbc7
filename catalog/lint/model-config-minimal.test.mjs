import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './model-config-minimal.mjs';

const findingsFor = (keys) => rule.check(fixture((files) => Object.assign(files['models/org/model'].config, keys)));

test('keys that decide memory pass', () => assert.deepEqual(findingsFor({ num_hidden_layers: 2 }), []));

test('other keys and worked-out numbers are found', () => {
  assert.equal(findingsFor({ bos_token_id: 1 }).length, 1);
  assert.equal(findingsFor({ num_parameters: 7 }).length, 2);
});
