// Every source named by an entry is a file in sources/.
import { entriesOf, sourceReferences } from '../read.mjs';

export const rule = {
  id: 'source-exists',
  check(catalog) {
    const known = new Set(entriesOf(catalog, 'sources').map((entry) => entry.id));
    return catalog.entries.flatMap((entry) =>
      sourceReferences(entry)
        .filter(({ id }) => !known.has(id))
        .map(({ id, path }) => ({
          file: entry.file,
          message: `${path} names the source "${id}", which does not exist`,
          hint: `Add sources/${id}.json, or name an existing source.`,
        })),
    );
  },
};
