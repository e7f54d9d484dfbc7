// A format says what is stored, in whole numbers, each part once; bits per weight follow and are not written down.
import { entriesOf } from '../read.mjs';

// The number that each way of counting needs, beside the bits of an item; the other one would say nothing.
const needs = { row: 'elements_per_item', flat: 'elements_per_item', output_row: null, tensor: 'items' };
const numbers = ['elements_per_item', 'items'];

function findingsOf(part) {
  const needed = needs[part.counted ?? 'row'];
  const given = numbers.filter((key) => part[key] !== undefined);
  const findings = [];
  if (![part.item_bits, ...given.map((key) => part[key])].every(Number.isSafeInteger)) findings.push({ message: `part ${part.name} has a number that is not whole`, hint: 'Write how many bits one item has and how many elements it covers.' });
  if (needed && !given.includes(needed)) findings.push({ message: `part ${part.name} lacks ${needed}`, hint: `Add ${needed}: items counted by ${part.counted ?? 'row'} need it.` });
  for (const key of given.filter((each) => each !== needed)) findings.push({ message: `part ${part.name} has ${key}, which says nothing here`, hint: 'Delete it, or count the items another way.' });
  return findings;
}

export const rule = {
  id: 'format-parts',
  check(catalog) {
    const findings = [];
    for (const { file, data } of entriesOf(catalog, 'formats')) {
      const names = data.parts.map((part) => part.name);
      if (new Set(names).size !== names.length) findings.push({ file, message: 'two parts have the same name', hint: 'Give each part a name of its own.' });
      const tensors = data.parts.map((part) => part.tensor ?? '');
      if (new Set(tensors).size !== tensors.length) findings.push({ file, message: 'two parts are the same tensor', hint: 'Give each part its tensor; one part alone is the weight itself.' });
      for (const part of data.parts) findings.push(...findingsOf(part).map((finding) => ({ file, ...finding })));
      if (Object.keys(data).some((key) => /bits_per|bytes_per|size/.test(key))) findings.push({ file, message: 'a number that follows from the parts is written down', hint: 'Delete it.' });
    }
    return findings;
  },
};
