// Every source named by an entry, or by the core, is a file in sources/.
import { join } from 'node:path';
import { entriesOf, sourceReferences, sourcesInCode } from '../read.mjs';

export const rule = {
  id: 'source-exists',
  check(catalog) {
    const known = new Set(entriesOf(catalog, 'sources').map((entry) => entry.id));
    const inCode = [...new Set(sourcesInCode(catalog.code))]
      .filter((id) => !known.has(id))
      .map((id) => ({ file: join(catalog.root, '..', 'core'), message: `the core names the source "${id}", which does not exist`, hint: `Add sources/${id}.json.` }));
    const inEntries = catalog.entries.flatMap((entry) =>
      sourceReferences(entry)
        .filter(({ id }) => !known.has(id))
        .map(({ id, path }) => ({
          file: entry.file,
          message: `${path} names the source "${id}", which does not exist`,
          hint: `Add sources/${id}.json, or name an existing source.`,
        })),
    );
    return [...inEntries, ...inCode];
  },
};
