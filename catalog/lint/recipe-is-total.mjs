// A recipe covers every tensor (its last rule is "*" without conditions), no rule comes after that one, and its formats exist.
import { entriesOf } from '../read.mjs';

// The type that the model was loaded in: no format has this name.
const asLoaded = 'dtype';

export const rule = {
  id: 'recipe-is-total',
  check(catalog) {
    const formats = new Set(entriesOf(catalog, 'formats').map((entry) => entry.id));
    const findings = [...entriesOf(catalog, 'formats')].filter(({ id }) => id === asLoaded)
      .map(({ file }) => ({ file, message: `"${asLoaded}" means the type of the model in a recipe`, hint: 'Give the format another name.' }));
    for (const { file, data } of entriesOf(catalog, 'quantizations').filter(({ data }) => data.rules)) {
      const isCatchAll = data.rules.map((each) => each.roles.includes('*') && !each.only);
      if (isCatchAll.indexOf(true) !== data.rules.length - 1) {
        findings.push({ file, message: 'the rule for "*" must be there once and last', hint: 'End the list with { "roles": ["*"], "format": … }.' });
      }
      for (const { format } of data.rules) {
        if (!formats.has(format) && format !== asLoaded) findings.push({ file, message: `format "${format}" does not exist`, hint: `Add formats/${format}.json, or name an existing format.` });
      }
    }
    return findings;
  },
};
