// Rewrites every golden report and prints which terms changed. A new one starts as a file with a "request" alone.
import { differences, goldenFiles, outcomesNow, writeGolden } from './golden.mjs';

const files = goldenFiles();
const now = outcomesNow(files);
for (const [at, golden] of files.entries()) {
  const changed = golden.outcome ? differences(golden.outcome, now[at]) : ['new'];
  for (const line of changed) console.log(`${golden.name}: ${line}`);
  writeGolden(golden, now[at]);
}
console.log(`${files.length} reports written`);
