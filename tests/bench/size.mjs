import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

import { root } from '../../tools/steps.mjs';

const kilobyte = 1000;

const compressed = file => brotliCompressSync(readFileSync(join(root, 'dist', file)),
  { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } }).length / kilobyte;

/** The files that a first visit transfers, each as a server with brotli sends it, and the file for offline use. */
export function sizes(files) {
  const parts = files.map(file => ({ name: `${file}, brotli`, value: compressed(file), unit: 'kB' }));
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  return [
    ...parts,
    { name: 'first visit, brotli, all of the above', value: total, unit: 'kB', goal: 300 },
    { name: 'plimsoll.html, the single file', value: statSync(join(root, 'dist/plimsoll.html')).size / kilobyte, unit: 'kB', goal: 1000 },
  ];
}
