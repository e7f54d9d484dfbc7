import assert from 'node:assert/strict';
import test from 'node:test';
import { builtCatalog, schemaVersion } from './build.mjs';
import { entriesOf, readCatalog, walk } from './read.mjs';

const catalog = readCatalog();
const built = builtCatalog(catalog);

test('the same files give the same bytes, in any order of reading', () => {
  const reversed = { ...catalog, entries: [...catalog.entries].reverse() };
  assert.equal(JSON.stringify(builtCatalog(reversed)), JSON.stringify(built));
});

test('it holds every entry, with version and date', () => {
  assert.equal(built.schema_version, schemaVersion);
  assert.match(built.date, /^20\d\d-\d\d-\d\d$/);
  for (const kind of ['gpus', 'models']) {
    assert.deepEqual(built[kind].map((entry) => entry.id), entriesOf(catalog, kind).map((entry) => entry.id).sort());
  }
  for (const kind of ['formats', 'quantizations', 'engines', 'memory_classes', 'rules', 'sources']) {
    assert.equal(Object.keys(built[kind]).length, entriesOf(catalog, kind).length, kind);
  }
});

test('it leaves the notes out', () => {
  walk(built, (value, path) => assert.doesNotMatch(path, /\/(note|source_path|date_read)$/));
});

test('the rules of thumb reproduce their published numbers', () => {
  const { data_types: types, optimizer_bytes_per_parameter: optimizer, safety_factors: factors, training_weight_bytes_per_parameter: weights, recommendations } = built.rules.thumb;
  const bytes = (format) => types.find((type) => type.format === format).bytes_per_parameter;
  const loaded = (parameters, format) => (parameters * bytes(format).num) / bytes(format).den;
  for (const row of recommendations) {
    for (const format of ['fp16', 'int8', 'int4']) assert.equal(loaded(row.parameter_count, format), row[`${format}_mb`] * 1e6);
  }
  assert.equal(loaded(7e9, 'fp32'), 28e9);
  assert.equal(7e9 * (weights + optimizer), 84e9);
  const trained = (factor) => (7e9 * (2 + optimizer) * factor.num) / factor.den;
  assert.deepEqual(factors.map(trained), [84e9, 91e9]);
});
