// Checks the catalogue with every rule of this folder. Usage: node catalog/lint/run.mjs [--fix]
import { readCatalog } from '../read.mjs';
import { checkAll, rules } from './all.mjs';

if (process.argv.includes('--fix')) {
  for (const rule of rules) rule.fix?.(readCatalog());
}
const catalog = readCatalog();
const findings = checkAll(catalog);
for (const { file, rule, message, hint } of findings) {
  console.error(`${file}\n  ${rule}: ${message}\n  fix: ${hint}`);
}
console.log(`${catalog.entries.length} entries, ${rules.length} rules, ${findings.length} findings`);
process.exit(findings.length > 0 ? 1 : 0);
