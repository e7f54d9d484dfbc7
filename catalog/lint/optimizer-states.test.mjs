import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './optimizer-states.mjs';

const messagesFor = (change) => rule.check(fixture((files) => change(files['optimizers/blocks']))).map((each) => each.message);

test('rules that fit each other pass', () => assert.deepEqual(messagesFor(() => {}), []));

test('a word that is no option, and an option that changes nothing, are found', () => {
  const messages = messagesFor((entry) => { entry.states[0].moves[0].when = 'fuse'; });
  assert.deepEqual(messages.map((each) => /"fuse"|"capturable"/.exec(each)[0]), ['"fuse"', '"capturable"']);
});

test('blocks without a quantisation are found', () => {
  assert.equal(messagesFor((entry) => { delete entry.quantisation; }).length, 3);
  assert.equal(messagesFor((entry) => { delete entry.states[2].only; }).length, 1);
});

test('two rules for one tensor are found', () => {
  assert.match(messagesFor((entry) => { entry.states[3].only = 'quantised'; })[0], /two rules give state1/);
});

test('a table needs its entries, an implementation an id of its own', () => {
  const messages = messagesFor((entry) => {
    entry.states[2].shape = 'table';
    entry.implementations.push({ id: 'fused' });
  });
  assert.equal(messages.length, 2);
});
