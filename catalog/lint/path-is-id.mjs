// A file's place is its id: the vendor folder is the vendor, the model path is the hub id, and no two files differ only in case.
import { entriesOf } from '../read.mjs';

const idPattern = {
  gpus: /^[a-z0-9-]+\/[a-z0-9-]+$/,
  models: /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/,
};
const plainId = /^[a-z0-9][a-z0-9._-]*$/;
// Types of GGUF files keep the names that people know; a word before it where the name is taken.
const fileTypeId = /^[A-Z][A-Z0-9_]*$/;

const patternFor = ({ kind, data }) => (data?.llama_file_type ? fileTypeId : idPattern[kind] ?? plainId);

function finding(entry, message, hint) {
  return { file: entry.file, message, hint };
}

export const rule = {
  id: 'path-is-id',
  check(catalog) {
    const findings = [];
    const seen = new Map();
    for (const entry of catalog.entries) {
      if (!patternFor(entry).test(entry.id)) {
        findings.push(finding(entry, `"${entry.id}" is no id of ${entry.kind}`, 'Rename the file: devices are vendor/lower-case-name, models org/name as on the hub, all others one lower-case name.'));
      }
      const folded = `${entry.kind}/${entry.id.toLowerCase()}`;
      if (seen.has(folded)) findings.push(finding(entry, `differs from ${seen.get(folded)} only in upper and lower case`, 'Keep one of the two files.'));
      seen.set(folded, entry.id);
    }
    for (const entry of entriesOf(catalog, 'gpus')) {
      const folder = entry.id.split('/')[0];
      if (entry.data.vendor !== folder) findings.push(finding(entry, `vendor is "${entry.data.vendor}", the folder says "${folder}"`, 'Move the file or correct the vendor.'));
    }
    for (const entry of entriesOf(catalog, 'models')) {
      if (entry.data.hub_id !== entry.id) findings.push(finding(entry, `hub_id is "${entry.data.hub_id}", the path says "${entry.id}"`, 'Move the file to models/<hub_id>.json.'));
    }
    return findings;
  },
};
