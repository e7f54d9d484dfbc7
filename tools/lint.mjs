// Checks that need no build: the catalogue, the types, who includes whom.
// The lists of long files and of unusual layout are hints and fail nothing.
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

/** How many C++ files clang-format would lay out differently: a hint too, tables in code are better laid out by hand. */
async function countLayout() {
  for (const command of ['clang-format', 'clang-format-19']) {
    if (!(await run(command, ['--version'], { quiet: true })).ok) continue;
    const files = filesBelow('core', 'cli', 'wasm', 'tests/core').filter(file => /\.[hc]pp$/.test(file));
    const { output } = await run(command, ['--dry-run', ...files], { quiet: true });
    const differing = new Set([...output.matchAll(/^(\S+?):\d+:\d+: warning/gm)].map(found => found[1]));
    console.log(`layout: clang-format would change ${differing.size} of ${files.length} C++ files`);
    return;
  }
  console.log('layout: clang-format is not installed, so it was not asked');
}

const outcomes = {
  catalogue: (await run('node', ['catalog/lint/run.mjs'])).ok,
  includes: (await run('node', ['--test', 'tests/source/includes.test.mjs'], { quiet: true })).ok,
  types: (await run('npm', ['run', '--silent', 'typecheck'])).ok,
};
listLongFiles();
await countLayout();
for (const [name, ok] of Object.entries(outcomes)) console.log(`${name}: ${ok ? 'ok' : 'FAILED'}`);
process.exitCode = Object.values(outcomes).every(Boolean) ? 0 : 1;
