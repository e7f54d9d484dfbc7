// Runs every fuzzer in turn. usage: node fuzz/run.mjs [SECONDS [NAME...]]
// What an input found is kept in build/fuzz/corpus; an input that crashed lies in build/fuzz and becomes a test. Exit status 1 after a crash.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { root, run } from '../tools/steps.mjs';

const [seconds = '60', ...wanted] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(seconds)) {
  console.error('usage: fuzz [SECONDS [NAME...]]');
  process.exit(2);
}
const folder = join(root, 'build', 'fuzz');
const names = readdirSync(join(root, 'fuzz', 'seeds')).filter(name => !wanted.length || wanted.includes(name)).sort();
let failed = names.length === 0;
for (const name of names) {
  const corpus = join(folder, 'corpus', name);
  mkdirSync(corpus, { recursive: true });
  console.log(`== ${name}, ${seconds} s`);
  // No reader may take a second for one input or a gigabyte of memory.
  const { ok } = await run(join(folder, `plimsoll-fuzz-${name}`), [corpus, join(root, 'fuzz', 'seeds', name), `-max_total_time=${seconds}`,
    '-max_len=65536', '-timeout=1', '-rss_limit_mb=1024', '-print_final_stats=1', '-verbosity=0', `-artifact_prefix=${folder}/crash-${name}-`], { minutes: Number(seconds) / 60 + 5 });
  failed ||= !ok;
}
process.exitCode = failed ? 1 : 0;
