import assert from 'node:assert/strict';
import test from 'node:test';
import { rule } from './basis-present.mjs';
import { fixture } from './fixture.mjs';

test('numbers with basis and source pass', () => assert.deepEqual(rule.check(fixture()), []));

test('a number without basis is found', () => {
  const findings = rule.check(fixture((files) => {
    delete files['gpus/amd/card'].memory.nominal_mib.basis;
    files['memory_classes/plain'].process_reserve = { mib: 3 };
  }));
  assert.deepEqual(findings.map((each) => each.message.split(' ')[0]), ['/memory/nominal_mib/value', '/process_reserve/mib']);
});
