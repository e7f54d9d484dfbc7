// All rules in a fixed order. A rule is a file in this folder: export const rule = { id, check(catalog), fix?(catalog) }.
// check answers a list of { file, message, hint }.
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const helpers = new Set(['all.mjs', 'run.mjs', 'fixture.mjs']);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs') && !name.endsWith('.test.mjs') && !helpers.has(name))
  .sort();

export const rules = [];
for (const name of files) rules.push((await import(pathToFileURL(join(folder, name)))).rule);

export function checkAll(catalog, chosen = rules) {
  const findings = [];
  for (const rule of chosen) {
    for (const { file, message, hint } of rule.check(catalog)) {
      findings.push({ file: relative(catalog.root, file), rule: rule.id, message, hint });
    }
  }
  return findings;
}
