// A format says what is stored, in whole numbers, each part once; bits per weight follow and are not written down.
import { entriesOf } from '../read.mjs';

// What each way of counting needs, beside the bits of an item, and what it may have; anything else would say nothing.
const ways = {
  row: { needs: ['elements_per_item'], may: [] },
  grid: { needs: [], may: ['outputs', 'inputs', 'items'] },
  flat: { needs: ['elements'], may: ['items'] },
  tensor: { needs: ['items'], may: [] },
};
const keys = ['elements_per_item', 'items', 'outputs', 'inputs', 'elements'];
function findingsOf(part) {
  const { needs, may } = ways[part.counted ?? 'row'];
  const given = keys.filter((key) => part[key] !== undefined);
  const axes = [part.outputs, part.inputs, part.elements].filter(Boolean);
  const amounts = [part.item_bits, part.elements_per_item, part.items, ...axes.flatMap((axis) => [axis.group, axis.pack_bits, axis.word_bits])];
  const findings = [];
  if (!amounts.every((each) => each === undefined || typeof each === 'string' || Number.isSafeInteger(each))) findings.push({ message: `part ${part.name} has a number that is not whole`, hint: 'Write how many bits one item has and how many elements it covers.' });
  for (const key of needs.filter((each) => !given.includes(each))) findings.push({ message: `part ${part.name} lacks ${key}`, hint: `Add ${key}: items counted by ${part.counted ?? 'row'} need it.` });
  for (const key of given.filter((each) => !needs.includes(each) && !may.includes(each))) findings.push({ message: `part ${part.name} has ${key}, which says nothing here`, hint: 'Delete it, or count the items another way.' });
  if (part.counted === 'grid' && !given.includes('outputs') && !given.includes('inputs')) findings.push({ message: `part ${part.name} counts along no axis`, hint: 'Add outputs or inputs, or count a fixed number: tensor.' });
  for (const axis of axes) {
    if ((axis.pack_bits === undefined) !== (axis.word_bits === undefined)) findings.push({ message: `part ${part.name} packs without saying what into what`, hint: 'Give both pack_bits and word_bits.' });
  }
  return findings;
}

/** Parameters that a format uses; those of a condition count. */
export function parametersOf(format) {
  const axis = (each) => (each ? [each.group, each.pack_bits, each.word_bits] : []);
  const all = format.parts.flatMap((part) => [part.item_bits, part.elements_per_item, part.items, ...axis(part.outputs), ...axis(part.inputs), ...axis(part.elements), part.when, part.unless]);
  return new Set([...all, format.inputs_multiple, format.outputs_multiple].filter((each) => typeof each === 'string'));
}

// A rule binds nothing: a format with parameters needs a quantization_config.
function unbound(catalog) {
  const used = new Map(entriesOf(catalog, 'formats').map(({ id, data }) => [id, [...parametersOf(data)]]));
  return entriesOf(catalog, 'quantizations').flatMap(({ file, data }) => (data.rules ?? []).filter(({ format }) => used.get(format)?.length)
    .map(({ format }) => ({ file, message: `format ${format} has the parameters ${used.get(format).join(', ')}`, hint: 'Write the recipe as a quantization_config.' })));
}

export const rule = {
  id: 'format-parts',
  check(catalog) {
    const findings = unbound(catalog);
    for (const { file, data } of entriesOf(catalog, 'formats')) {
      const names = data.parts.map((part) => part.name);
      if (new Set(names).size !== names.length) findings.push({ file, message: 'two parts have the same name', hint: 'Give each part a name of its own.' });
      const tensors = data.parts.map((part) => `${part.tensor ?? ''} ${part.when ?? ''} ${part.unless ?? ''} ${part.held ?? ''}`);
      if (new Set(tensors).size !== tensors.length) findings.push({ file, message: 'two parts are the same tensor', hint: 'Give each part its tensor; one part alone is the weight itself.' });
      for (const part of data.parts) findings.push(...findingsOf(part).map((finding) => ({ file, ...finding })));
      if (Object.keys(data).some((key) => /bits_per|bytes_per|size/.test(key))) findings.push({ file, message: 'a number that follows from the parts is written down', hint: 'Delete it.' });
    }
    return findings;
  },
};
