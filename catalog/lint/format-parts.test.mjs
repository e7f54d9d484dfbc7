import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './format-parts.mjs';

test('whole parts pass', () => assert.deepEqual(rule.check(fixture()), []));

test('fractions, equal names and derived numbers are found', () => {
  const findings = rule.check(fixture((files) => {
    const format = files['formats/bf16'];
    format.parts.push({ name: 'value', item_bits: 4.5, elements_per_item: 1 });
    format.bits_per_weight = 4.5;
  }));
  assert.equal(findings.length, 3);
});
