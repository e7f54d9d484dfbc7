import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { catalogFolder, readCatalog } from '../read.mjs';
import { checkAll, rules } from './all.mjs';

test('the catalogue has no findings', () => assert.deepEqual(checkAll(readCatalog()), []));

test('every rule is named like its file and has a test', () => {
  for (const rule of rules) {
    assert.ok(existsSync(join(catalogFolder, 'lint', `${rule.id}.mjs`)), rule.id);
    assert.ok(existsSync(join(catalogFolder, 'lint', `${rule.id}.test.mjs`)), `${rule.id} has no test`);
  }
});
