import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './recipe-is-total.mjs';

const findingsFor = (rules) => rule.check(fixture((files) => { files['quantizations/bf16'].rules = rules; }));

test('a recipe that ends with * passes', () => {
  assert.deepEqual(findingsFor([{ roles: ['norm'], format: 'bf16' }, { roles: ['*'], format: 'bf16' }]), []);
});

test('a rule for linear operators may come before the last, and dtype is a format of a recipe', () => {
  assert.deepEqual(findingsFor([{ roles: ['*'], only: 'linear', format: 'bf16' }, { roles: ['*'], format: 'dtype' }]), []);
  assert.equal(findingsFor([{ roles: ['*'], only: 'linear', format: 'bf16' }]).length, 1);
});

test('no format is called dtype', () => {
  assert.equal(rule.check(fixture((files) => { files['formats/dtype'] = files['formats/bf16']; })).length, 1);
});

test('a recipe without *, with rules after it, or with an unknown format is found', () => {
  assert.equal(findingsFor([{ roles: ['norm'], format: 'bf16' }]).length, 1);
  assert.equal(findingsFor([{ roles: ['*'], format: 'bf16' }, { roles: ['norm'], format: 'bf16' }]).length, 1);
  assert.equal(findingsFor([{ roles: ['*'], format: 'q9' }]).length, 1);
});
