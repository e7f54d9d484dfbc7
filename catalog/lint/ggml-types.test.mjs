import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './ggml-types.mjs';

const block = { name: 'Block', parts: [{ name: 'block', item_bits: 144, elements_per_item: 32 }], ggml_type: 2, source: 'code' };
const findingsFor = (change) => rule.check(fixture((files) => { files['formats/block'] = { ...structuredClone(block), ...change }; })).length;

test('one block with a number of its own passes', () => assert.equal(findingsFor({}), 0));

test('a number that two formats have is found', () => {
  assert.equal(rule.check(fixture((files) => { Object.assign(files, { 'formats/a': block, 'formats/b': block }); })).length, 1);
});

test('a ggml type of two parts, or counted without rows, is found', () => {
  assert.equal(findingsFor({ parts: [...block.parts, { name: 'scale', item_bits: 16, elements_per_item: 32, tensor: 'scale' }] }), 1);
  assert.equal(findingsFor({ parts: [{ ...block.parts[0], counted: 'flat' }] }), 1);
});

test('a cache in a format that is not counted by rows is found', () => {
  assert.equal(findingsFor({ ggml_type: undefined, kv_cache: true, parts: [{ ...block.parts[0], counted: 'flat' }] }), 1);
  assert.equal(findingsFor({ kv_cache: true }), 0);
});
