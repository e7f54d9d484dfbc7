// A type of GGUF files has a name and a number of its own, and its base is a type of ggml.
import { entriesOf } from '../read.mjs';

export const rule = {
  id: 'llama-file-types',
  check(catalog) {
    const ggml = new Set(entriesOf(catalog, 'formats').filter(({ data }) => data.ggml_type !== undefined).map(({ id }) => id));
    const findings = [];
    const first = { name: new Map(), number: new Map() };
    for (const { id, file, data } of entriesOf(catalog, 'quantizations').filter((entry) => entry.data.llama_file_type)) {
      const type = data.llama_file_type;
      if (!ggml.has(type.base)) findings.push({ file, message: `base "${type.base}" is no type of ggml`, hint: 'Name a format that has a ggml_type.' });
      for (const [key, known] of Object.entries(first)) {
        if (known.has(type[key])) findings.push({ file, message: `${key} ${type[key]} is ${known.get(type[key])} already`, hint: 'Look it up in enum llama_ftype.' });
        else known.set(type[key], id);
      }
    }
    return findings;
  },
};
