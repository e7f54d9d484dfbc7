// A recipe covers every tensor (its last rule is "*"), no rule comes after "*", and its formats exist.
import { entriesOf } from '../read.mjs';

export const rule = {
  id: 'recipe-is-total',
  check(catalog) {
    const formats = new Set(entriesOf(catalog, 'formats').map((entry) => entry.id));
    const findings = [];
    for (const { file, data } of entriesOf(catalog, 'quantizations')) {
      const isCatchAll = data.rules.map((each) => each.roles.includes('*'));
      if (isCatchAll.indexOf(true) !== data.rules.length - 1) {
        findings.push({ file, message: 'the rule for "*" must be there once and last', hint: 'End the list with { "roles": ["*"], "format": … }.' });
      }
      for (const { format } of data.rules) {
        if (!formats.has(format)) findings.push({ file, message: `format "${format}" does not exist`, hint: `Add formats/${format}.json, or name an existing format.` });
      }
    }
    return findings;
  },
};
