import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './path-is-id.mjs';

test('sound paths pass', () => assert.deepEqual(rule.check(fixture()), []));

test('vendor and hub id must equal the path', () => {
  const findings = rule.check(fixture((files) => {
    files['gpus/amd/card'].vendor = 'nvidia';
    files['models/org/model'].hub_id = 'org/other';
  }));
  assert.equal(findings.length, 2);
});

test('capitals in a device id and two ids that differ in case only are found', () => {
  const findings = rule.check(fixture((files) => {
    files['gpus/amd/Card'] = files['gpus/amd/card'];
  }));
  assert.deepEqual(findings.map((each) => /no id|upper and lower/.test(each.message)), [true, true]);
});

test('a type of GGUF files has its name in capitals as its id, and nothing else has', () => {
  const file = { name: 'Q4_0 (GGUF)', llama_file_type: { name: 'Q4_0', number: 2, base: 'q4_0' }, source: 'code' };
  assert.deepEqual(rule.check(fixture((files) => { files['quantizations/Q4_0'] = file; })), []);
  assert.equal(rule.check(fixture((files) => { files['quantizations/q4_1'] = file; })).length, 1);
  assert.equal(rule.check(fixture((files) => { files['quantizations/Q4_1'] = files['quantizations/bf16']; })).length, 1);
});
