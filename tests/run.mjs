// Runs the test suites and adds up their counts.
// usage: node tests/run.mjs [SUITE...] [--conformance FOLDER]
// A suite that cannot be built, crashes or runs nothing counts as one failure more; a skipped test counts as failed.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { compareFolder } from './conformance/compare.mjs';
import { table } from './conformance/table.mjs';
import { catch2Counts, conformanceCounts, nodeCounts, playwrightCounts } from './counts.mjs';
import { build, filesBelow, root, run } from '../tools/steps.mjs';

const resultFolder = join(root, 'build', 'results');

function resultFile(name) {
  mkdirSync(resultFolder, { recursive: true });
  const file = join(resultFolder, name);
  rmSync(file, { force: true });
  return file;
}

const textOf = file => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** A command that either holds or does not. */
const check = (command, args) => async () => {
  const { ok } = await run(command, args);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
};

const catch2 = (name, command, args) => async () => {
  const file = resultFile(`${name}.xml`);
  const { ok } = await run(command, [...args, '--reporter', 'compact', '--reporter', `xml::out=${file}`]);
  return catch2Counts(textOf(file), ok);
};

const nodeTests = (name, files) => async () => {
  const file = resultFile(`${name}.tap`);
  const { ok } = await run('node', ['--test', '--test-reporter=dot', '--test-reporter-destination=stdout',
    '--test-reporter=tap', `--test-reporter-destination=${file}`, ...files]);
  const counts = nodeCounts(textOf(file), ok);
  if (counts.failed) console.log(textOf(file).split('\n').filter(line => !/^ *(ok|duration_ms|---|\.\.\.)/.test(line)).join('\n'));
  return counts;
};

async function browser() {
  const file = resultFile('browser.json');
  const { ok } = await run('npx', ['playwright', 'test', '--reporter=list,json'], { env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file } });
  return playwrightCounts(textOf(file), ok);
}

/** The folder of reference results: a covered case that is wrong fails, what is not covered counts as neither. */
const references = folder => async () => {
  try {
    const rows = await compareFolder(folder);
    console.log(table(rows));
    return conformanceCounts(JSON.stringify(rows), true);
  } catch (error) {
    console.log(error);
    return { passed: 0, failed: 1, note: 'could not be compared' };
  }
};

const testFiles = (...folders) => filesBelow(...folders).filter(file => file.endsWith('.test.mjs'));

const needsNothing = ['source'];

/** Each folder of tests/ that holds *.test.mjs files is a suite of its own. */
function scriptSuites() {
  const folders = readdirSync(join(root, 'tests'), { withFileTypes: true }).filter(entry => entry.isDirectory());
  return folders.map(({ name }) => ({ name, files: testFiles(`tests/${name}`) })).filter(({ files }) => files.length)
    .map(({ name, files }) => ({ name, needs: needsNothing.includes(name) ? [] : ['catalog', 'programs', 'module'], run: nodeTests(name, files) }));
}

function allSuites(conformanceFolder) {
  const suites = [
    { name: 'catalogue-lint', needs: [], run: check('node', ['catalog/lint/run.mjs']) },
    { name: 'catalogue', needs: ['catalog'], run: nodeTests('catalogue', testFiles('catalog')) },
    { name: 'types', needs: [], run: check('npm', ['run', '--silent', 'typecheck']) },
    { name: 'native', needs: ['catalog', 'nativeTests'], run: catch2('native', 'build/native/plimsoll-tests', []) },
    { name: 'native-as-wasm', needs: ['catalog', 'wasmTests'],
      run: catch2('native-as-wasm', 'node', ['build/wasm/plimsoll-tests.cjs']) },
    ...scriptSuites(),
    { name: 'browser', needs: ['site', 'programs'], run: browser },
  ];
  if (conformanceFolder) {
    suites.push({ name: 'references', needs: ['catalog', 'programs'], run: references(conformanceFolder) });
  }
  return suites;
}

async function runSuite(suite) {
  const start = Date.now();
  for (const step of suite.needs) {
    if (!(await build(step))) return { passed: 0, failed: 1, note: `cannot build ${step}` };
  }
  console.log(`\n== ${suite.name}`);
  const counts = await suite.run();
  return { ...counts, seconds: (Date.now() - start) / 1000 };
}

function readArguments(args) {
  const at = args.indexOf('--conformance');
  const folder = at < 0 ? null : args.splice(at, 2)[1];
  return { names: args, folder };
}

const { names, folder } = readArguments(process.argv.slice(2));
const suites = allSuites(folder).filter(({ name }) => !names.length || names.includes(name));
const unknown = names.filter(name => !suites.some(suite => suite.name === name));
if (unknown.length) {
  console.error(`no such suite: ${unknown.join(', ')}. There are: ${allSuites('').map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const suite of suites) rows.push({ name: suite.name, ...(await runSuite(suite)) });

console.log('\nsuite               passed  failed  seconds');
for (const { name, passed, failed, seconds = 0, note = '' } of rows) {
  console.log(`${name.padEnd(18)}${String(passed).padStart(8)}${String(failed).padStart(8)}${seconds.toFixed(1).padStart(9)}  ${note}`);
}
const sum = key => rows.reduce((total, row) => total + row[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') ? 1 : 0;
