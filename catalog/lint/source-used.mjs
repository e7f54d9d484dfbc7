// Every file in sources/ is named by some entry, or by the core.
import { entriesOf, sourceReferences } from '../read.mjs';

export const rule = {
  id: 'source-used',
  check(catalog) {
    const used = new Set(catalog.entries.flatMap((entry) => sourceReferences(entry).map(({ id }) => id)));
    return entriesOf(catalog, 'sources')
      .filter((entry) => !used.has(entry.id) && !catalog.code.includes(`"${entry.id}"`))
      .map((entry) => ({ file: entry.file, message: 'no entry and no formula names this source', hint: 'Delete the file, or name it where its number stands.' }));
  },
};
