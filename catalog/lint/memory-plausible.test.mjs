import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './memory-plausible.mjs';

const findingsFor = (change) => rule.check(fixture((files) => change(files['gpus/amd/card'])));
const fact = (value) => ({ value, basis: 'measured', source: 'reading' });

test('facts that fit pass', () => assert.deepEqual(findingsFor(() => {}), []));

test('a driver total above nominal is found', () => {
  assert.match(findingsFor((card) => { card.memory.driver_total_mib = fact(16385); })[0].message, /more than nominal_mib/);
});

test('a total far from the marketed size is found', () => {
  assert.equal(findingsFor((card) => { card.marketed_memory = '24 GB'; }).length, 2);
});

test('a board of two devices is judged by the device', () => {
  assert.deepEqual(findingsFor((card) => Object.assign(card, { marketed_memory: '32 GB', devices: 2 })), []);
});

test('shared memory may give a process less', () => {
  const shared = (card) => Object.assign(card, { unified_memory: true, memory: { nominal_mib: fact(16384), process_total_mib: fact(10922) } });
  assert.deepEqual(findingsFor(shared), []);
  assert.equal(findingsFor((card) => shared(card) && Object.assign(card, { unified_memory: false })).length, 1);
});
