// Runs every suite over one folder.
import { readdirSync } from 'node:fs';

import { openFolder } from './folder.mjs';
import { summarise } from './table.mjs';

/** Every file of suites/ gives one or several. */
async function allSuites() {
  const files = readdirSync(new URL('suites/', import.meta.url)).filter(name => name.endsWith('.mjs')).sort();
  const modules = await Promise.all(files.map(name => import(`./suites/${name}`)));
  return modules.flatMap(module => module.suites);
}

function missingParts(folder, { needs = [], needsOneOf = [] }) {
  const missing = needs.filter(part => !folder.has(part));
  return needsOneOf.some(part => folder.has(part)) ? missing : [...missing, ...needsOneOf];
}

/** One row a suite. A suite whose parts are missing has no cases and says which. */
export async function compareFolder(path) {
  const folder = openFolder(path);
  const rows = [];
  for (const suite of await allSuites()) {
    const missing = missingParts(folder, suite);
    rows.push(summarise(suite, missing, missing.length ? [] : await suite.cases(folder)));
  }
  return rows;
}
