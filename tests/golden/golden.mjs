// Whole reports kept as files {"request", "outcome"}. What changes with every release alone is left out of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import { filesBelow } from '../../tools/steps.mjs';
import { nativeReports } from '../wasm/load-core.mjs';

const changesAlways = ['version', 'catalog_date'];

export const goldenFiles = () => filesBelow('tests/golden').filter(file => file.endsWith('.json'))
  .map(file => ({ file, name: basename(file, '.json'), ...JSON.parse(readFileSync(file, 'utf8')) }));

/** What the native program answers today to each file's request. */
export function outcomesNow(files) {
  return nativeReports(files.map(({ request }) => request)).map(text => {
    const outcome = JSON.parse(text);
    for (const key of changesAlways) if (outcome.ok) delete outcome.value[key];
    return outcome;
  });
}

export const writeGolden = ({ file, request }, outcome) => writeFileSync(file, `${JSON.stringify({ request, outcome }, null, 1)}\n`);

function bytesByTerm(outcome) {
  const bytes = new Map();
  const visit = (term, path) => {
    const name = `${path}/${term.id}${term.label ? ` ${term.label}` : ''}`;
    bytes.set(name, term.bytes);
    for (const child of term.children) visit(child, name);
  };
  if (outcome?.ok) visit(outcome.value.tree, '');
  return bytes;
}

/** One line for each term whose bytes differ. */
export function differences(before, after) {
  const [old, now] = [bytesByTerm(before), bytesByTerm(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter(name => old.get(name) !== now.get(name)).map(name => {
    const [from, to] = [old.get(name), now.get(name)];
    const percent = from && to !== undefined ? ` (${((to / from - 1) * 100).toFixed(2)} %)` : '';
    return `${name}: ${from ?? 'absent'} -> ${to ?? 'absent'}${percent}`;
  });
}
