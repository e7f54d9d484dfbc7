// Every id that an entry names exists: memory classes, formats, models, devices.
import { entriesOf, walk } from '../read.mjs';

const kindOfKey = { memory_class: 'memory_classes', format: 'formats', counterpart: 'models', gpu: 'gpus' };
// Lists of ids: the key that holds the list, as "/key/values/3".
const kindOfList = { weight_formats: 'quantizations' };

const kindAt = (path) => kindOfKey[path.split('/').at(-1)] ?? kindOfList[/\/(\w+)\/values\/\d+$/.exec(path)?.[1]];

// In a recipe "dtype" is no id: the type that the model was loaded in. What it writes as a checkpoint would has the checkpoint's words.
const isWord = (entry, value, path) => entry.kind === 'quantizations' && (value === 'dtype' || path.startsWith('/quantization_config/'));

export const rule = {
  id: 'ids-exist',
  check(catalog) {
    const known = Object.fromEntries([...Object.values(kindOfKey), ...Object.values(kindOfList)].map((kind) => [kind, new Set(entriesOf(catalog, kind).map((entry) => entry.id))]));
    const findings = [];
    for (const entry of catalog.entries) {
      walk(entry.data, (value, path) => {
        const kind = kindAt(path);
        if (!kind || typeof value !== 'string' || known[kind].has(value) || isWord(entry, value, path)) return;
        findings.push({ file: entry.file, message: `${path} names "${value}", which is not in ${kind}/`, hint: `Add ${kind}/${value}.json, or correct the id.` });
      });
    }
    return findings;
  },
};
