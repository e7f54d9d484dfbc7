import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './format-parts.mjs';

const withParts = (...parts) => rule.check(fixture((files) => { files['formats/bf16'].parts.push(...parts); }));

test('whole parts pass', () => assert.deepEqual(rule.check(fixture()), []));

test('parts counted in other ways pass with the number they need', () => {
  assert.deepEqual(withParts({ name: 'absmax', item_bits: 32, counted: 'flat', elements: { group: 64 }, tensor: 'weight.absmax' },
    { name: 'scale', item_bits: 32, counted: 'grid', outputs: {}, tensor: 'SCB' }, { name: 'table', item_bits: 32, counted: 'tensor', items: 16, tensor: 'code' }), []);
});

test('fractions, equal names and derived numbers are found', () => {
  const findings = rule.check(fixture((files) => {
    const format = files['formats/bf16'];
    format.parts.push({ name: 'value', item_bits: 4.5, elements_per_item: 1, tensor: 'other' });
    format.bits_per_weight = 4.5;
  }));
  assert.equal(findings.length, 3);
});

test('a number that is missing or says nothing is found', () => {
  assert.equal(withParts({ name: 'scale', item_bits: 16, tensor: 'scale' }).length, 1);
  assert.equal(withParts({ name: 'table', item_bits: 16, counted: 'tensor', tensor: 'table' }).length, 1);
  assert.equal(withParts({ name: 'scale', item_bits: 16, counted: 'grid', tensor: 'scale' }).length, 1);
  assert.equal(withParts({ name: 'table', item_bits: 16, counted: 'tensor', items: 2, elements_per_item: 64, tensor: 'table' }).length, 1);
});

test('two parts that are the same tensor are found', () => {
  assert.equal(withParts({ name: 'scale', item_bits: 16, elements_per_item: 32 }).length, 1);
});

test('words and parameters are whole', () => {
  assert.equal(withParts({ name: 'words', item_bits: 32, counted: 'grid', inputs: { pack_bits: 4 }, tensor: 'qweight' }).length, 1);
  const packed = (bits) => rule.check(fixture((files) => {
    files['formats/packed'] = { name: 'Packed', parts: [{ name: 'words', item_bits: 32, counted: 'grid', outputs: {}, inputs: { pack_bits: bits, word_bits: 32 } }], source: 'code' };
    files['quantizations/packed'] = { name: 'All packed', rules: [{ roles: ['*'], format: 'packed' }], source: 'code' };
  }));
  assert.deepEqual(packed(4), []);
  assert.equal(packed('bits').length, 1);
});
