import assert from 'node:assert/strict';
import test from 'node:test';
import { fixture } from './fixture.mjs';
import { rule } from './source-exists.mjs';

test('known sources pass', () => assert.deepEqual(rule.check(fixture()), []));

test('an unknown source is found at its place', () => {
  const [finding] = rule.check(fixture((files) => {
    files['gpus/amd/card'].memory.nominal_mib.source = 'hearsay';
  }));
  assert.match(finding.message, /\/memory\/nominal_mib\/source.*hearsay/);
});

test('an unknown source in the core is found', () => {
  const catalog = { ...fixture(), code: 'constexpr std::string_view source = "code"; Family f{.source = "rumour"};' };
  assert.deepEqual(rule.check(catalog).map((each) => /rumour/.test(each.message)), [true]);
});
