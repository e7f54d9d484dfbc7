import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './key-order.mjs';

test('keys in schema order pass', () => assert.deepEqual(rule.check(fixture()), []));

test('keys out of order are found, in inner objects too', () => {
  const findings = rule.check(fixture((files) => {
    const { name, ...rest } = files['formats/bf16'];
    files['formats/bf16'] = { ...rest, name };
    files['gpus/amd/card'].memory.nominal_mib = { source: 'reading', basis: 'measured', value: 16384 };
  }));
  assert.equal(findings.length, 2);
});

test('the fixer puts them in order and keeps every value', () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-order-'));
  const catalog = fixture();
  const entry = catalog.entries.find((each) => each.kind === 'formats');
  const wanted = entry.text;
  const shuffled = Object.fromEntries(Object.entries(entry.data).reverse());
  Object.assign(entry, { file: join(folder, 'bf16.json'), data: shuffled, text: JSON.stringify(shuffled) });
  writeFileSync(entry.file, entry.text);
  rule.fix(catalog);
  assert.equal(readFileSync(entry.file, 'utf8'), wanted);
  rmSync(folder, { recursive: true });
});
