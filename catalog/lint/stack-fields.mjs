// What a stack sets is a field of a training workload that a request may leave out, its value as a request gives it; for QLoRA also the
// format that the program quantises a base to, one of quantizations/.
import { entriesOf } from '../read.mjs';
import { validators } from './schema.mjs';

// A request always says these: no stack answers for it.
const asked = new Set(['kind', 'method', 'stack']);

// The schema of the workload whose kind is training; nothing where the request's schema has none.
export function trainingSchema(schemas) {
  return schemas['request.schema.json']?.properties?.workload?.oneOf?.find((workload) => workload.properties?.kind?.const === 'training');
}

function* defaultsOf({ defaults = {}, by_method: methods = {} }) {
  yield ['defaults', defaults];
  for (const [method, fields] of Object.entries(methods)) yield [`by_method/${method}`, fields];
}

export const rule = {
  id: 'stack-fields',
  check(catalog) {
    const stacks = entriesOf(catalog, 'stacks');
    const training = trainingSchema(catalog.schemas);
    if (!training) {
      return stacks.map(({ file }) => ({ file, message: 'no schema says what a training workload has', hint: 'Describe it in schemas/request.schema.json.' }));
    }
    const known = Object.keys(training.properties).filter((field) => !asked.has(field));
    const asRequested = validators({ ...catalog.schemas, 'training.schema.json': { $id: 'training.schema.json', ...training } })('training');
    const quantizations = new Set(entriesOf(catalog, 'quantizations').map((entry) => entry.id));
    const findings = [];
    for (const { file, data } of stacks) {
      for (const [place, fields] of defaultsOf(data)) {
        for (const [field, { value }] of Object.entries(fields)) {
          const found = (problem, hint) => findings.push({ file, message: `${place}/${field} ${problem}`, hint });
          if (place === 'by_method/qlora' && field === 'weight_format') {
            if (!quantizations.has(value)) found(`is "${value}", which is not in quantizations/`, 'Add that recipe, or name another.');
          } else if (!known.includes(field)) {
            found('is no field of a training workload that can be left out', `Use one of ${known.join(', ')}.`);
          } else if (!asRequested({ kind: 'training', [field]: value })) {
            const reasons = asRequested.errors.map((error) => `${error.instancePath} ${error.message}`);
            found(`is not what a request may give: ${reasons.join('; ')}`, 'Write the value as schemas/request.schema.json asks.');
          }
        }
      }
    }
    return findings;
  },
};
