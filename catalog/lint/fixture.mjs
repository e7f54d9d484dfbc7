// A small sound catalogue in memory for the tests of the rules; change() breaks one entry of it.
import { join } from 'node:path';
import { catalogFolder, readSchemas } from '../read.mjs';

const fact = (value) => ({ value, basis: 'measured', source: 'reading' });

const sound = {
  'sources/reading': { title: 'A reading', kind: 'log_collection', date_read: '2026-11-24', note: 'Three logs.' },
  'sources/code': { title: 'Code', kind: 'code', address: 'https://github.com/a/b/blob/0123abc/c', date_read: '2026-11' },
  'memory_classes/plain': {
    name: 'Plain cards',
    driver_loss: { mib: 16, basis: 'measured', source: 'reading' },
    process_reserve: { mib: 0, basis: 'measured', source: 'reading' },
  },
  'formats/bf16': { name: 'BF16', parts: [{ name: 'value', item_bits: 16, elements_per_item: 1 }], source: 'code' },
  'quantizations/bf16': { name: 'All BF16', rules: [{ roles: ['*'], format: 'bf16' }], source: 'code' },
  'gpus/amd/card': {
    name: 'Card', aliases: ['The card'], vendor: 'amd', architecture: 'RDNA2', form_factor: 'desktop', status: 'released', marketed_memory: '16 GB',
    devices: 1, unified_memory: false, memory_class: 'plain',
    memory: { nominal_mib: fact(16384), driver_total_mib: fact(16368) }, source: 'code',
  },
  'optimizers/blocks': {
    name: 'Blocks', library: 'torch', class: 'torch.optim.Blocks', options: ['capturable'],
    quantisation: { min_elements: 4096, block: 256, whole_blocks: true },
    states: [
      { key: 'step', shape: 'scalar', dtype: 'fp32', place: 'host', moves: [{ when: 'capturable', place: 'device' }] },
      { key: 'state1', shape: 'full', dtype: 'int8', only: 'quantised' },
      { key: 'absmax1', shape: 'block', dtype: 'fp32', only: 'quantised' },
      { key: 'state1', shape: 'full', dtype: 'fp32', only: 'unquantised' },
    ],
    implementations: [{ id: 'fused', transient: { of: 'every', copies: 0 } }], basis: 'exact', source: 'code',
  },
  'models/org/model': { name: 'Model', aliases: [], hub_id: 'org/model', config: { model_type: 'llama', hidden_size: 64 }, source: 'code' },
};

function entryOf(path, data, root) {
  const [kind, ...rest] = path.split('/');
  const text = `${JSON.stringify(data, null, 2)}\n`;
  return { kind, id: rest.join('/'), file: join(root, `${path}.json`), text, data, parseError: null };
}

// change(files) edits a copy of the sound entries by path; answers a catalogue as readCatalog does.
export function fixture(change = () => {}) {
  const files = structuredClone(sound);
  change(files);
  const root = catalogFolder;
  return { root, entries: Object.entries(files).map(([path, data]) => entryOf(path, data, root)), schemas: readSchemas(), code: '' };
}
