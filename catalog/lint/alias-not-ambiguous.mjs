// A name or alias leads to one entry of its kind, whatever its spaces, dashes and capitals.
import { entriesOf } from '../read.mjs';

const folded = (text) => text.toLowerCase().replace(/[\s_-]+/g, '');

export const rule = {
  id: 'alias-not-ambiguous',
  check(catalog) {
    const findings = [];
    for (const kind of ['gpus', 'models']) {
      const owner = new Map();
      for (const { id, file, data } of entriesOf(catalog, kind)) {
        for (const text of new Set([data.name, ...data.aliases].map(folded))) {
          if (owner.has(text)) findings.push({ file, message: `"${text}" also means ${owner.get(text)}`, hint: 'Make the name or alias say what sets the two apart, or remove it from one.' });
          owner.set(text, id);
        }
      }
    }
    return findings;
  },
};
