// What must not find its way into the repository.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../tools/steps.mjs';

test('package-lock.json pins by checksum and names no download address', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [name, { resolved, integrity }] of Object.entries(packages)) {
    assert.equal(resolved, undefined, name);
    if (name) assert.match(integrity, /^sha512-/, name);
  }
});

test('no built file is committed but the generated types', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  assert.deepEqual(tracked.filter(name => /^(build|dist|node_modules)\/|\.(wasm|o|a)$/.test(name)), []);
});
