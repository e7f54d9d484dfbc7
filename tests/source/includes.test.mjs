// Which file may include which: the order of dependencies, kept by a check instead of by memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { test } from 'node:test';

import { filesBelow, root } from '../../tools/steps.mjs';

// What the files of core/inference share; any other header there belongs to one concept.
const sharedInference = ['forward_pass', 'pass_context', 'block_runs'];
// Concepts that rest on another one: the blocks and their masks run over the cache, the pass is made of the rest, the plan asks it.
const restsOn = { block_runs: ['kv_cache'], inference_plan: ['pass'], masks: ['kv_cache'], pass: ['masks', 'pass_terms'] };

const sources = filesBelow('core', 'cli', 'wasm').filter(file => /\.[hc]pp$/.test(file)).map(file => ({
  name: relative(root, file).replaceAll('\\', '/'),
  includes: [...readFileSync(file, 'utf8').matchAll(/^\s*#\s*include\s*(<[^>]+>|"[^"]+")/gm)].map(found => found[1]),
}));

/** Every include of the files in `folder` that is not allowed, as "file: include". */
const offences = (folder, allowed) => sources.filter(({ name }) => name.startsWith(folder))
  .flatMap(({ name, includes }) => includes.filter(include => !allowed(include, name)).map(include => `${name}: ${include}`));

test('only core/json.cpp knows the JSON library', () => {
  assert.deepEqual(offences('', (include, name) => name === 'core/json.cpp' || !include.includes('nlohmann')), []);
});

test('the core knows no browser', () => {
  assert.deepEqual(offences('core/', include => !include.includes('emscripten')), []);
});

test('the core includes nothing of the programs and bindings', () => {
  assert.deepEqual(offences('core/', include => !/"(.*\/)?(cli|wasm|tests)\//.test(include)), []);
});

for (const folder of ['cli/', 'wasm/']) {
  test(`${folder} sees the core through its public headers only`, () => {
    const public_ = ['"plimsoll.hpp"', '"wire.hpp"', '"checkpoint/plimsoll_headers.hpp"'];
    const own = sources.filter(({ name }) => name.startsWith(folder)).map(({ name }) => `"${basename(name)}"`);
    assert.deepEqual(offences(folder, include => include.startsWith('<') || public_.includes(include) || own.includes(include)), []);
  });
}

test('the reading of headers knows no model', () => {
  const own = ['checkpoint/', 'json_writer.hpp', 'messages.hpp', 'request.hpp', 'result.hpp', 'units.hpp', 'vocabulary.hpp', 'wire_json.hpp'];
  assert.deepEqual(offences('core/checkpoint/', include => include.startsWith('<') || own.some(name => include.startsWith(`"${name}`))), []);
});

test('no memory file of core/inference includes another', () => {
  const stem = path => basename(path.replace(/["<>]/g, '')).replace(/\.[hc]pp$/, '');
  const known = name => [stem(name), ...sharedInference, ...(restsOn[stem(name)] ?? [])];
  const allowed = (include, name) => !include.startsWith('"inference/') || known(name).includes(stem(include));
  assert.deepEqual(offences('core/inference/', allowed), []);
});
