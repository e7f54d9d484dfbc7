import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './llama-file-types.mjs';

const block = { name: 'Block', parts: [{ name: 'block', item_bits: 144, elements_per_item: 32 }], ggml_type: 2, source: 'code' };
const fileType = (change = {}) => ({ name: 'File', llama_file_type: { name: 'Q4_0', number: 2, base: 'block', ...change }, source: 'code' });
const findingsFor = (entries) => rule.check(fixture((files) => {
  files['formats/block'] = block;
  for (const [id, entry] of Object.entries(entries)) files[`quantizations/${id}`] = entry;
})).length;

test('a type with a base of ggml passes', () => assert.equal(findingsFor({ a: fileType(), b: fileType({ name: 'Q4_1', number: 3 }) }), 0));
test('a base that ggml lacks is found', () => assert.equal(findingsFor({ a: fileType({ base: 'bf16' }) }), 1));
test('a name or a number that two have is found', () => assert.equal(findingsFor({ a: fileType(), b: fileType() }), 2));
