// Compares what the programs answer with a folder of reference results: configs/, configs_defaults/, oracle/, measurements/,
// safetensors_index/, any of which may be missing.
// usage: node tests/conformance/run.mjs FOLDER [--json]
// Exit status 0; 1 when a covered case is wrong; 2 when there is nothing to compare.
import { existsSync } from 'node:fs';

import { compareFolder } from './compare.mjs';
import { table } from './table.mjs';

const words = process.argv.slice(2);
const paths = words.filter(word => word !== '--json');
if (paths.length !== 1 || paths[0].startsWith('--') || !existsSync(paths[0])) {
  console.error(paths.length === 1 && !paths[0].startsWith('--') ? `no such folder: ${paths[0]}` : 'usage: conformance FOLDER [--json]');
  process.exit(2);
}

const [folder] = paths;
const rows = await compareFolder(folder);
console.log(words.includes('--json') ? JSON.stringify({ folder, suites: rows }, null, 1) : table(rows));
if (rows.every(row => row.cases === 0)) {
  console.error(`nothing to compare in ${folder}`);
  process.exitCode = 2;
} else {
  process.exitCode = rows.some(row => row.wrong) ? 1 : 0;
}
