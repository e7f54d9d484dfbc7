// Checks that need no build: the catalogue, the types, who includes whom, the layout of the C++ sources.
// The list of long files is a hint to split them and fails nothing.
import { readFileSync } from 'node:fs';
import { extname, relative } from 'node:path';

import { filesBelow, root, run } from './steps.mjs';

const sourceFolders = ['core', 'cli', 'wasm', 'web', 'catalog/lint', 'tests', 'tools'];
const limits = { '.hpp': 150, '.cpp': 300, '.ts': 300, '.mjs': 300, '.sh': 300 };

function listLongFiles() {
  for (const file of filesBelow(...sourceFolders)) {
    const lines = readFileSync(file, 'utf8').split('\n').length - 1;
    const limit = file.endsWith('.d.ts') ? undefined : limits[extname(file)];
    if (lines > limit) console.log(`long: ${relative(root, file)} has ${lines} lines, the guide is ${limit}`);
  }
}

async function checkLayout() {
  for (const command of ['clang-format', 'clang-format-19']) {
    if (!(await run(command, ['--version'], { quiet: true })).ok) continue;
    const files = filesBelow('core', 'cli', 'wasm', 'tests/core').filter(file => /\.[hc]pp$/.test(file));
    return (await run(command, ['--dry-run', '--Werror', ...files])).ok;
  }
  console.log('clang-format is not installed: the layout of the C++ sources was not checked');
  return true;
}

const outcomes = {
  catalogue: (await run('node', ['catalog/lint/run.mjs'])).ok,
  includes: (await run('node', ['--test', 'tests/source/includes.test.mjs'], { quiet: true })).ok,
  types: (await run('npm', ['run', '--silent', 'typecheck'])).ok,
  layout: await checkLayout(),
};
listLongFiles();
for (const [name, ok] of Object.entries(outcomes)) console.log(`${name}: ${ok ? 'ok' : 'FAILED'}`);
process.exitCode = Object.values(outcomes).every(Boolean) ? 0 : 1;
