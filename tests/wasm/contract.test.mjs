// The module that ships: plain values in and out, equal to the native program to the byte, and no memory left behind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../tools/steps.mjs';
import { catalog, loadCore, loadModule, nativeReports, nativeTool, requestFor } from './load-core.mjs';

const presets = catalog.models.map(({ id }) => id);
const device = { gpu: catalog.gpus[0].id, device_count: 2 };

test('plimsoll.d.ts is what the core describes', () => {
  const { stdout } = nativeTool('plimsoll-emit-types');
  assert.equal(readFileSync(join(root, 'wasm/plimsoll.d.ts'), 'utf8'), stdout);
});

test('the module and the page share one version number', async () => {
  const core = await loadModule();
  const stated = readFileSync(join(root, 'CMakeLists.txt'), 'utf8').match(/VERSION (\d+\.\d+\.\d+)/)[1];
  assert.equal(core.version(), stated);
});

test('a question before the catalogue is an error, not a crash', async () => {
  const core = await loadModule();
  const outcome = JSON.parse(core.report(JSON.stringify(requestFor(presets[0]))));
  assert.equal(outcome.ok, false);
});

test('a catalogue that is not one is an error with a place', async () => {
  const core = await loadModule();
  for (const text of ['', '[]', '{"gpus": 3}', 'not json']) {
    const outcome = JSON.parse(core.load_catalog(text));
    assert.equal(outcome.ok, false);
    assert.equal(typeof outcome.error.code, 'string');
  }
});

test('reports of every preset equal the native ones byte for byte', async t => {
  const core = await loadCore();
  const requests = presets.flatMap(preset => [requestFor(preset), requestFor(preset, { device, weight_format: 'int4' })]);
  const native = nativeReports(requests);
  assert.equal(native.length, requests.length);
  for (const [at, request] of requests.entries()) {
    await t.test(`${request.model.preset}${request.device ? ' on a device' : ''}`, () => {
      const text = core.report(JSON.stringify(request));
      assert.equal(JSON.parse(text).ok || request.weight_format !== undefined, true, text.slice(0, 400));
      assert.equal(text, native[at]);
    });
  }
});

test('every byte count is an integer that JavaScript holds exactly', async () => {
  const core = await loadCore();
  const visit = (value, path) => {
    if (typeof value === 'number' && /bytes$/.test(path)) assert.ok(Number.isSafeInteger(value), `${path} = ${value}`);
    else if (value && typeof value === 'object') for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
  };
  for (const preset of presets) visit(JSON.parse(core.report(JSON.stringify(requestFor(preset, { device })))), preset);
});

test('totals agree with the full report', async () => {
  const core = await loadCore();
  for (const preset of presets) {
    const request = JSON.stringify(requestFor(preset, { device }));
    const { value: totals } = JSON.parse(core.totals(request));
    const { value: report } = JSON.parse(core.report(request));
    assert.equal(totals.needed_bytes, report.needed_bytes, preset);
    assert.equal(totals.outcome, report.verdict.outcome, preset);
  }
});

test('a thousand reports leave the memory as it was', async () => {
  const core = await loadCore();
  const ask = () => { for (const preset of presets) core.report(JSON.stringify(requestFor(preset, { device }))); };
  const size = () => core.HEAPU8.length;
  ask();
  const before = size();
  for (let round = 0; round * presets.length < 1000; ++round) ask();
  assert.equal(size(), before);
});
