// Every entry has the shape its kind's schema asks for; the message repeats the schema's own description.
import Ajv2020 from 'ajv/dist/2020.js';
import { kinds } from '../read.mjs';

function describe(error) {
  const where = error.instancePath === '' ? 'the entry' : error.instancePath;
  const detail = error.params.additionalProperty ? ` (${error.params.additionalProperty})` : '';
  return `${where} ${error.message}${detail}`;
}

function hintFor(error) {
  const text = error.parentSchema?.description ?? error.parentSchema?.title;
  return text ? `The schema says: ${text}` : 'See the schema of this kind in catalog/schemas/.';
}

export function validators(schemas) {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true });
  for (const schema of Object.values(schemas)) ajv.addSchema(schema);
  return (name) => ajv.getSchema(`${name}.schema.json`);
}

export const rule = {
  id: 'schema',
  check(catalog) {
    const findings = [];
    const validatorOf = validators(catalog.schemas);
    for (const entry of catalog.entries) {
      if (entry.parseError) {
        findings.push({ file: entry.file, message: `not JSON: ${entry.parseError}`, hint: 'Repair the JSON at the place named.' });
        continue;
      }
      const validate = validatorOf(kinds[entry.kind]);
      if (validate(entry.data)) continue;
      for (const error of validate.errors) {
        findings.push({ file: entry.file, message: describe(error), hint: hintFor(error) });
      }
    }
    return findings;
  },
};
