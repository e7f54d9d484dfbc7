// Every number that enters a sum says how it is known: the object it stands in, or one around it, has basis and source.
import { entriesOf } from '../read.mjs';

const checkedKinds = ['gpus', 'memory_classes', 'engines', 'optimizers', 'precisions', 'rules'];
const exempt = new Set(['release_year', 'devices', 'up_to_nominal_mib']);

function unfounded(value, path, founded) {
  if (typeof value === 'number') return founded ? [] : [path];
  if (value === null || typeof value !== 'object') return [];
  const here = founded || ('basis' in value && 'source' in value);
  return Object.entries(value).flatMap(([key, child]) => (exempt.has(key) ? [] : unfounded(child, `${path}/${key}`, here)));
}

export const rule = {
  id: 'basis-present',
  check(catalog) {
    return checkedKinds.flatMap((kind) =>
      entriesOf(catalog, kind).flatMap(({ file, data }) =>
        unfounded(data, '', false).map((path) => ({
          file,
          message: `${path} is a number without basis and source`,
          hint: 'Write it as { "value": …, "basis": "exact | documented | measured | assumed", "source": "<id in sources/>" }.',
        })),
      ),
    );
  },
};
