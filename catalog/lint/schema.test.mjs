import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './schema.mjs';

test('a sound entry passes', () => assert.deepEqual(rule.check(fixture()), []));

test('an unknown key, a wrong type and a missing key are found, with the description as hint', () => {
  const findings = rule.check(fixture((files) => {
    files['formats/bf16'].bits_per_weight = 16;
    files['gpus/amd/card'].memory.nominal_mib.value = 16384.5;
    delete files['models/org/model'].hub_id;
  }));
  assert.equal(findings.length, 3);
  assert.match(findings.map((each) => each.message).join('\n'), /bits_per_weight[^]*must be integer[^]*hub_id/);
  assert.ok(findings.every((each) => each.hint.length > 20));
});

test('a file that is not JSON is found', () => {
  const catalog = fixture();
  Object.assign(catalog.entries[0], { data: null, parseError: 'Unexpected end' });
  assert.match(rule.check(catalog)[0].message, /not JSON/);
});
