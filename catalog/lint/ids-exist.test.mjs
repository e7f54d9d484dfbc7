import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './ids-exist.mjs';

test('known ids pass', () => assert.deepEqual(rule.check(fixture()), []));

test('an unknown memory class is found', () => {
  const [finding] = rule.check(fixture((files) => { files['gpus/amd/card'].memory_class = 'odd'; }));
  assert.match(finding.message, /memory_classes/);
});

test('in a recipe alone dtype stands for the type of the model', () => {
  assert.deepEqual(rule.check(fixture((files) => { files['quantizations/bf16'].rules = [{ roles: ['*'], format: 'dtype' }]; })), []);
  assert.equal(rule.check(fixture((files) => { files['models/org/model'].format = 'dtype'; })).length, 1);
});

test('an engine names recipes that are there', () => {
  const naming = (id) => rule.check(fixture((files) => { files['engines/one'] = { name: 'One', weight_formats: { values: ['bf16', id], source: 'x' } }; }));
  assert.deepEqual(naming('bf16'), []);
  assert.match(naming('bf17')[0].message, /"bf17".*quantizations/);
});
