// Writes build/catalog.json: the whole catalogue as one sorted, minified file. Same input, same bytes.
// Usage: node catalog/build.mjs [output file]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogFolder, entriesOf, readCatalog } from './read.mjs';
import { checkAll } from './lint/all.mjs';

export const schemaVersion = 1;

function sortKeys(value) {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key])]));
}

function byId(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

// What only readers of the files need stays in the files.
const leftOut = { gpus: ['note'], memory_classes: ['note'], models: ['note', 'source_path'], sources: ['note', 'date_read', 'kind'] };

function without(data, keys) {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

function listOf(catalog, kind) {
  return entriesOf(catalog, kind)
    .map((entry) => ({ id: entry.id, ...without(entry.data, leftOut[kind] ?? []) }))
    .sort((left, right) => byId(left.id, right.id));
}

function mapOf(catalog, kind) {
  return Object.fromEntries(listOf(catalog, kind).map(({ id, ...data }) => [id, data]));
}

function newestDate(catalog) {
  return entriesOf(catalog, 'sources').map((entry) => entry.data.date_read).sort().at(-1);
}

function withoutProse(engines) {
  for (const engine of Object.values(engines)) {
    for (const overhead of engine.overheads) overhead.values = overhead.values.map((value) => without(value, ['note']));
    if (engine.training_reserve) engine.training_reserve = without(engine.training_reserve, ['note']);
  }
  return engines;
}

function withoutNotes(stacks) {
  const plain = (fields) => Object.fromEntries(Object.entries(fields).map(([field, entry]) => [field, without(entry, ['note'])]));
  for (const stack of Object.values(stacks)) {
    stack.defaults = plain(stack.defaults);
    if (stack.by_method) stack.by_method = Object.fromEntries(Object.entries(stack.by_method).map(([method, fields]) => [method, plain(fields)]));
  }
  return stacks;
}

export function builtCatalog(catalog) {
  return sortKeys({
    schema_version: schemaVersion,
    date: newestDate(catalog),
    gpus: listOf(catalog, 'gpus'),
    memory_classes: mapOf(catalog, 'memory_classes'),
    formats: mapOf(catalog, 'formats'),
    quantizations: mapOf(catalog, 'quantizations'),
    engines: withoutProse(mapOf(catalog, 'engines')),
    models: listOf(catalog, 'models'),
    optimizers: mapOf(catalog, 'optimizers'),
    precisions: mapOf(catalog, 'precisions'),
    stacks: withoutNotes(mapOf(catalog, 'stacks')),
    rules: mapOf(catalog, 'rules'),
    sources: mapOf(catalog, 'sources'),
  });
}

function main() {
  const output = resolve(process.argv[2] ?? join(catalogFolder, '..', 'build', 'catalog.json'));
  const catalog = readCatalog();
  const findings = checkAll(catalog);
  if (findings.length > 0) {
    for (const finding of findings) console.error(`${finding.file}: ${finding.rule}: ${finding.message}`);
    console.error(`${findings.length} findings; node catalog/lint/run.mjs says how to fix them.`);
    process.exit(1);
  }
  const text = JSON.stringify(builtCatalog(catalog));
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, text);
  const counts = ['gpus', 'models', 'formats', 'engines', 'sources'].map((kind) => `${entriesOf(catalog, kind).length} ${kind}`);
  console.log(`${output}: ${text.length} bytes, ${counts.join(', ')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
