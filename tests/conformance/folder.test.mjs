import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseCsv } from './folder.mjs';

test('quoted fields hold commas, quotes and line ends', () => {
  assert.deepEqual(parseCsv('a,b\r\n"x, ""y""\nz",\n,2\n'), [{ a: 'x, "y"\nz', b: '' }, { a: '', b: '2' }]);
});
