// Keys stand in the order of the schema, and the file is written with two spaces and a final line end. Has a fixer.
import { writeFileSync } from 'node:fs';
import { kinds } from '../read.mjs';

function resolve(schemas, base, schema) {
  let current = schema;
  let file = base;
  while (current?.$ref) {
    const [name, pointer] = current.$ref.split('#');
    file = name === '' ? file : name;
    current = pointer.split('/').slice(1).reduce((node, key) => node[key], schemas[file]);
  }
  return { schema: current ?? {}, base: file };
}

export function ordered(schemas, base, schema, value) {
  const target = resolve(schemas, base, schema);
  if (Array.isArray(value)) return value.map((item) => ordered(schemas, target.base, target.schema.items, item));
  if (value === null || typeof value !== 'object') return value;
  const properties = schemaProperties(schemas, target);
  const known = Object.keys(properties).filter((key) => key in value);
  const unknown = Object.keys(value).filter((key) => !(key in properties));
  return Object.fromEntries([...known, ...unknown].map((key) => [key, ordered(schemas, target.base, properties[key], value[key])]));
}

// An object schema may stand directly or inside oneOf.
function schemaProperties(schemas, { schema, base }) {
  if (schema.properties) return schema.properties;
  const choices = (schema.oneOf ?? []).map((choice) => resolve(schemas, base, choice).schema);
  return choices.find((choice) => choice.properties)?.properties ?? {};
}

function wanted(catalog, entry) {
  const name = `${kinds[entry.kind]}.schema.json`;
  return `${JSON.stringify(ordered(catalog.schemas, name, catalog.schemas[name], entry.data), null, 2)}\n`;
}

function misplaced(catalog) {
  return catalog.entries.filter((entry) => entry.data !== null && entry.text !== wanted(catalog, entry));
}

export const rule = {
  id: 'key-order',
  check(catalog) {
    return misplaced(catalog).map((entry) => ({
      file: entry.file,
      message: 'keys are not in the order of the schema, or the file is not written with two spaces and a final line end',
      hint: 'Run: node catalog/lint/run.mjs --fix',
    }));
  },
  fix(catalog) {
    for (const entry of misplaced(catalog)) writeFileSync(entry.file, wanted(catalog, entry));
  },
};
