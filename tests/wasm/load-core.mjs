// Loads the module that ships, under node, with the built catalogue; and asks the native program the same questions.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from '../../tools/steps.mjs';

export const catalogText = readFileSync(join(root, 'build/catalog.json'), 'utf8');
export const catalog = JSON.parse(catalogText);

/** The module without a catalogue. */
export async function loadModule() {
  const { default: create } = await import(pathToFileURL(join(root, 'build/wasm/core.mjs')));
  return create({ wasmBinary: readFileSync(join(root, 'build/wasm/core.wasm')) });
}

/** The module with the built catalogue loaded. */
export async function loadCore() {
  const core = await loadModule();
  const loaded = JSON.parse(core.load_catalog(catalogText));
  if (!loaded.ok) throw new Error(`${loaded.error.where}: ${loaded.error.message}`);
  return core;
}

/** What ./dev report answers, one text for each request. */
export function nativeReports(requests) {
  const program = join(root, 'build/native-release/plimsoll-report');
  const input = requests.map(request => `${JSON.stringify(request)}\n`).join('');
  const { stdout, error } = spawnSync(program, ['-'], { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (error) throw error;
  return stdout.split('\n').slice(0, -1);
}

export function nativeTool(name, ...args) {
  const { stdout, status, error } = spawnSync(join(root, 'build/native-release', name), args, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (error) throw error;
  return { stdout, status };
}

export const requestFor = (preset, changes = {}) => ({ model: { preset }, workload: { kind: 'inference' }, ...changes });
