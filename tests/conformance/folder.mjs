// A folder of configs and reference results. Any part of it may be missing.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Rows of a CSV text as objects keyed by its header. Quoted fields may hold commas, quotes and line ends. */
export function parseCsv(text) {
  const lines = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    lines.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  const [header, ...rows] = lines.filter(line => line.some(field => field !== ''));
  return rows.map(row => Object.fromEntries(header.map((key, i) => [key, row[i] ?? ''])));
}

export function openFolder(path) {
  const inside = (...parts) => join(path, ...parts);
  return {
    path,
    inside,
    has: (...parts) => existsSync(inside(...parts)),
    /** Names of the files in one part that end in `ending`, sorted. */
    names: (part, ending) => readdirSync(inside(part)).filter(name => name.endsWith(ending)).sort(),
    text: (...parts) => readFileSync(inside(...parts), 'utf8'),
    json: (...parts) => JSON.parse(readFileSync(inside(...parts), 'utf8')),
    csv: (...parts) => parseCsv(readFileSync(inside(...parts), 'utf8')),
  };
}
