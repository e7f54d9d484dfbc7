// A number of ggml's enum belongs to one format, and keys and values are only cached in formats that are counted by rows.
import { entriesOf } from '../read.mjs';

export const rule = {
  id: 'ggml-types',
  check(catalog) {
    const findings = [];
    const first = new Map();
    for (const { id, file, data } of entriesOf(catalog, 'formats')) {
      if (data.kv_cache && data.parts.some((part) => part.counted)) findings.push({ file, message: 'a cache cannot be in a format that is not counted by rows', hint: 'Delete kv_cache.' });
      if (data.ggml_type === undefined) continue;
      if (data.parts.length !== 1 || data.parts[0].counted) findings.push({ file, message: 'a ggml type is one block for so many elements of a row', hint: 'Write one part with item_bits and elements_per_item.' });
      if (first.has(data.ggml_type)) findings.push({ file, message: `ggml type ${data.ggml_type} is ${first.get(data.ggml_type)} already`, hint: 'Look the number up in enum ggml_type.' });
      else first.set(data.ggml_type, id);
    }
    return findings;
  },
};
