// What has to be built before something can run, each step once per run and skipped when its inputs are unchanged.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFolder = join(root, 'build', 'stamps');

/** Runs a command in the project's root. Output is shown as it comes, or kept and shown only after a failure. */
export function run(command, args, { quiet = false, env = {}, minutes = 30 } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: root, env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    const limit = setTimeout(() => child.kill(), minutes * 60_000);
    const output = [];
    child.stdout?.on('data', chunk => output.push(chunk));
    child.stderr?.on('data', chunk => output.push(chunk));
    child.on('error', error => {
      clearTimeout(limit);
      resolve({ ok: false, output: String(error) });
    });
    child.on('close', code => {
      clearTimeout(limit);
      const text = Buffer.concat(output).toString();
      if (quiet && code !== 0) process.stdout.write(text);
      resolve({ ok: code === 0, code, output: text });
    });
  });
}

/** Every file below the given files and folders, sorted. */
export function filesBelow(...paths) {
  const found = [];
  const visit = path => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) found.push(path);
    else for (const name of readdirSync(path)) if (name !== 'node_modules') visit(join(path, name));
  };
  for (const path of paths) visit(join(root, path));
  return found.sort();
}

function fingerprint(...paths) {
  const hash = createHash('sha256');
  for (const file of filesBelow(...paths)) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

const stampOf = name => (existsSync(join(stampFolder, name)) ? readFileSync(join(stampFolder, name), 'utf8') : '');

function writeStamp(name, text) {
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(join(stampFolder, name), text);
}

/** A step whose result depends on files alone. */
const fromFiles = (name, inputs, result, action) => async () => {
  const print = fingerprint('package-lock.json', ...inputs);
  if (existsSync(join(root, result)) && stampOf(name) === print) return true;
  rmSync(join(stampFolder, name), { force: true });
  if (!(await action())) return false;
  if (!existsSync(join(root, result))) {
    console.log(`${name} did not write ${result}`);
    return false;
  }
  writeStamp(name, print);
  return true;
};

/** Ninja knows what is out of date; a preset is configured anew only when the tools have changed. */
const cmake = (preset, ...targets) => async () => {
  const { EMSCRIPTEN_ROOT = '', CATCH2_SOURCE = '' } = process.env;
  const tools = `${EMSCRIPTEN_ROOT}\n${CATCH2_SOURCE}\n${fingerprint('CMakePresets.json', 'cmake')}`;
  const configured = existsSync(join(root, 'build', preset, 'build.ninja')) && stampOf(`configure-${preset}`) === tools;
  if (!configured) {
    if (!(await run('cmake', ['--fresh', '--preset', preset], { quiet: true })).ok) return false;
    writeStamp(`configure-${preset}`, tools);
  }
  const wanted = targets.flatMap(target => ['--target', target]);
  return (await run('cmake', ['--build', '--preset', preset, ...wanted], { quiet: true })).ok;
};

async function buildSite() {
  for (const script of ['build:site', 'build:single']) {
    if (!(await run('npm', ['run', '--silent', script], { quiet: true })).ok) return false;
  }
  return true;
}

const steps = {
  catalog: { title: 'catalogue', run: fromFiles('catalog', ['catalog'], 'build/catalog.json',
    async () => (await run('node', ['catalog/build.mjs'], { quiet: true })).ok) },
  programs: { title: 'native programs', run: cmake('native-release') },
  fuzzers: { title: 'fuzzers', run: cmake('fuzz') },
  nativeTests: { title: 'native tests', run: cmake('native', 'plimsoll-tests') },
  module: { title: 'WebAssembly module', run: cmake('wasm', 'core', 'headers') },
  wasmTests: { title: 'WebAssembly tests', run: cmake('wasm', 'plimsoll-tests') },
  site: { title: 'site', needs: ['catalog', 'module'], run: fromFiles('site',
    ['web', 'wasm', 'tsconfig.json', 'package.json', 'build/catalog.json', 'build/wasm/core.mjs', 'build/wasm/core.wasm',
      'build/wasm/headers.mjs', 'build/wasm/headers.wasm'],
    'dist/index.html', buildSite) },
};

const results = new Map();

/** Builds a step and what it needs; true when all of it succeeded. */
export function build(name) {
  if (!results.has(name)) results.set(name, buildNow(name));
  return results.get(name);
}

async function buildNow(name) {
  const step = steps[name];
  for (const need of step.needs ?? []) if (!(await build(need))) return false;
  const start = Date.now();
  const ok = await step.run();
  const seconds = (Date.now() - start) / 1000;
  if (!ok) console.log(`building the ${step.title} FAILED`);
  else if (seconds > 1) console.log(`built the ${step.title} in ${seconds.toFixed(0)} s`);
  return ok;
}
