// A format says what is stored, in whole numbers, each part once; bits per weight follow and are not written down.
import { entriesOf } from '../read.mjs';

export const rule = {
  id: 'format-parts',
  check(catalog) {
    const findings = [];
    for (const { file, data } of entriesOf(catalog, 'formats')) {
      const names = data.parts.map((part) => part.name);
      if (new Set(names).size !== names.length) findings.push({ file, message: 'two parts have the same name', hint: 'Give each part a name of its own.' });
      for (const part of data.parts) {
        if (![part.item_bits, part.elements_per_item].every(Number.isSafeInteger)) findings.push({ file, message: `part ${part.name} has a number that is not whole`, hint: 'Write how many bits one item has and how many elements it covers.' });
      }
      if (Object.keys(data).some((key) => /bits_per|bytes_per|size/.test(key))) findings.push({ file, message: 'a number that follows from the parts is written down', hint: 'Delete it.' });
    }
    return findings;
  },
};
