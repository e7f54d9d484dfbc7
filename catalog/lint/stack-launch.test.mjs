import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './stack-launch.mjs';

const model = { component: 'program.build', tokenizer: 'plain', model_type: 'PLAIN', checkpoint_files: 1 };
const findingsFor = (models, tokenizers) =>
  rule.check(fixture((files) => {
    files['stacks/program'] = { name: 'Program', defaults: {}, launch: { models, tokenizers, source: 'code' }, source: 'code' };
  }));

test('models and tokenizers that exist pass; a stack without a launch part has nothing to check', () => {
  assert.deepEqual(findingsFor({ 'org/model': model }, { plain: { path: 'tokenizer.json' } }), []);
  assert.deepEqual(rule.check(fixture((files) => { files['stacks/program'] = { name: 'Program', defaults: {}, source: 'code' }; })), []);
});

test('a model, or a tokenizer, that is not there is found, and a tokenizer of no model', () => {
  assert.match(findingsFor({ 'org/other': model }, { plain: {} })[0].message, /names "org\/other"/);
  assert.match(findingsFor({ 'org/model': model }, {})[0].message, /has no "plain"/);
  assert.match(findingsFor({ 'org/model': model }, { plain: {}, rare: {} })[0].message, /rare belongs to no model/);
});
