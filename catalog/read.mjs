// Reads the catalogue: every entry of every kind, with its path, id, text and parsed value.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const catalogFolder = dirname(fileURLToPath(import.meta.url));

// Folder of a kind -> name of its schema.
export const kinds = {
  sources: 'source',
  memory_classes: 'memory_class',
  formats: 'format',
  quantizations: 'quantization',
  engines: 'engine',
  gpus: 'gpu',
  models: 'model',
  optimizers: 'optimizer',
  precisions: 'precision',
  stacks: 'stack',
  rules: 'rules',
};

function jsonFilesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.json'))
    .map((file) => join(file.parentPath ?? file.path, file.name))
    .sort();
}

function readEntry(kind, root, file) {
  const text = readFileSync(file, 'utf8');
  const id = relative(join(root, kind), file).split(sep).join('/').replace(/\.json$/, '');
  try {
    return { kind, id, file, text, data: JSON.parse(text), parseError: null };
  } catch (error) {
    return { kind, id, file, text, data: null, parseError: error.message };
  }
}

export function readCatalog(root = catalogFolder) {
  const entries = [];
  for (const kind of Object.keys(kinds)) {
    for (const file of jsonFilesUnder(join(root, kind))) entries.push(readEntry(kind, root, file));
  }
  return { root, entries, schemas: readSchemas(root), code: readCode(join(root, '..', 'core')) };
}

// The core's own text: it names sources too.
function readCode(folder) {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.(cpp|hpp)$/.test(name)).sort();
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

export function readSchemas(root = catalogFolder) {
  const schemas = {};
  for (const file of jsonFilesUnder(join(root, 'schemas'))) {
    const schema = JSON.parse(readFileSync(file, 'utf8'));
    schemas[schema.$id] = schema;
  }
  return schemas;
}

// Every entry of one kind.
export function entriesOf(catalog, kind) {
  return catalog.entries.filter((entry) => entry.kind === kind && entry.data !== null);
}

// Calls visit(value, path) for each object, array and scalar under value.
export function walk(value, visit, path = '') {
  visit(value, path);
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) walk(child, visit, `${path}/${key}`);
}

// Every source id that the core's text names: source = "id", or a claim that begins with it.
export function sourcesInCode(code) {
  return [...code.matchAll(/\bsource(?:\w*)\s*(?:=|\{)\s*"([a-z0-9][a-z0-9.-]*)"/g)].map((match) => match[1]);
}

// Every { id, path } at which an entry names a source.
export function sourceReferences(entry) {
  const references = [];
  walk(entry.data, (value, path) => {
    if (/(^|\/)source$/.test(path) && typeof value === 'string') references.push({ id: value, path });
  });
  return references;
}
