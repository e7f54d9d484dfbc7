// Published GGUF files: their metadata must describe a model with exactly their tensors. The dumps have keys, values and names; what shape a
// name has at such keys is restated here, matrices in F16 and vectors in F32, as the converter writes them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { exact, failed, notCovered, wrong } from '../case.mjs';
import { writeGguf } from '../gguf_files.mjs';
import { inspectCheckpoints } from '../programs.mjs';

const part = 'gguf_dumps';

/** Rows of the embedding as each model's config states them: the dumps keep of the vocabulary a hash only. */
const vocabularies = [[/^Mistral-7B|^Mixtral/, 32000], [/^Phi-3/, 32064], [/^Qwen2\.5/, 151936], [/^gemma/, 256000]];

function readDump(folder, name) {
  const dump = folder.json(part, name);
  // Some dumps keep the two kinds of entries apart.
  const entries = Object.entries(dump).flatMap(([key, value]) => (typeof value === 'object' ? Object.entries(value) : [[key, value]]));
  const isTensor = key => /\.(weight|bias)$/.test(key);
  return {
    metadata: Object.fromEntries(entries.filter(([key]) => !isTensor(key) && !key.startsWith('tokenizer.')).map(([key, value]) => [key, String(value)])),
    tensors: entries.map(([key]) => key).filter(isTensor),
  };
}

function shapeOf(part_, { E, q, kv, f, V, experts, rotary }) {
  const shapes = {
    'token_embd.weight': [E, V], 'output.weight': [E, V], 'output_norm.weight': [E], 'attn_norm.weight': [E], 'ffn_norm.weight': [E],
    'post_attention_norm.weight': [E], 'post_ffw_norm.weight': [E], 'attn_q.weight': [E, q], 'attn_k.weight': [E, kv], 'attn_v.weight': [E, kv],
    'attn_output.weight': [q, E], 'attn_q.bias': [q], 'attn_k.bias': [kv], 'attn_v.bias': [kv], 'attn_qkv.weight': [E, q + 2 * kv],
    'ffn_gate.weight': [E, f], 'ffn_up.weight': [E, f], 'ffn_down.weight': [f, E], 'ffn_gate_inp.weight': [E, experts],
    'ffn_gate_exps.weight': [E, f, experts], 'ffn_up_exps.weight': [E, f, experts], 'ffn_down_exps.weight': [f, E, experts],
    'rope_freqs.weight': [rotary / 2], 'rope_factors_long.weight': [rotary / 2], 'rope_factors_short.weight': [rotary / 2],
  };
  return shapes[part_];
}

/** The whole list of tensors: every layer has the names of the first, of which alone the dumps list all. */
function tensorsOf(name, { metadata, tensors }) {
  const architecture = metadata['general.architecture'];
  const value = key => Number(metadata[`${architecture}.${key}`]);
  const heads = value('attention.head_count');
  const E = value('embedding_length');
  const head = value('attention.key_length') || E / heads;
  const V = value('vocab_size') || vocabularies.find(([pattern]) => pattern.test(name))?.[1];
  const sizes = { E, q: heads * head, kv: value('attention.head_count_kv') * head, f: value('feed_forward_length'), V, experts: value('expert_count'), rotary: value('rope.dimension_count') || head };
  if (architecture === 'phi3') sizes.up = 2 * sizes.f;
  const layer = tensors.filter(tensor => tensor.startsWith('blk.0.')).map(tensor => tensor.slice('blk.0.'.length));
  const all = [...tensors.filter(tensor => !tensor.startsWith('blk.')), ...Array.from({ length: value('block_count') }, (_, i) => layer.map(inside => `blk.${i}.${inside}`)).flat()];
  return all.map(tensor => {
    const inside = tensor.replace(/^blk\.\d+\./, '');
    const shape = inside === 'ffn_up.weight' && sizes.up ? [E, sizes.up] : shapeOf(inside, sizes);
    return [tensor, shape, shape?.length > 1 ? 1 : 0];
  });
}

function judge(name, dump, tensors, bytes, outcome) {
  if (!outcome.ok) return failed(name, outcome.error);
  const { model, differences, stored_bytes: stored } = outcome.value;
  if (!model) return notCovered(name, `architecture ${dump.metadata['general.architecture']} unknown`);
  const listed = new Set(tensors.map(([tensor]) => tensor));
  const stray = dump.tensors.find(tensor => !listed.has(tensor));
  if (stray) return wrong(name, stray, 'not in any layer');
  if (differences.length) return wrong(name, differences[0].expected, `${differences[0].name} ${differences[0].kind} ${differences[0].found}`);
  const count = dump.metadata['general.parameter_count'];
  if (count && Number(count) !== model.parameter_count) return wrong(name, Number(count), model.parameter_count);
  return stored === bytes ? exact(name) : wrong(name, bytes, stored);
}

async function cases(folder) {
  const place = mkdtempSync(join(tmpdir(), 'plimsoll-gguf-'));
  try {
    const made = folder.names(part, '.json').map(name => {
      const dump = readDump(folder, name);
      if (!dump.tensors.some(tensor => tensor.startsWith('blk.0.'))) return { name, skip: 'the dump has no layer' };
      const tensors = tensorsOf(name, dump);
      const unknown = tensors.find(([, shape]) => !shape || shape.some(length => !(length > 0)));
      if (unknown) return { name, skip: `${unknown[0]}: its shape does not follow from the dump` };
      const file = join(place, `${basename(name, '.json')}.gguf`);
      return { name, dump, tensors, file, bytes: writeGguf(file, dump.metadata, tensors) };
    });
    const asked = made.filter(({ skip }) => !skip);
    const outcomes = await inspectCheckpoints(asked);
    const found = new Map(asked.map((one, i) => [one.name, judge(one.name, one.dump, one.tensors, one.bytes, outcomes[i])]));
    return made.map(({ name, skip }) => (skip ? notCovered(name, skip) : found.get(name)));
  } finally {
    rmSync(place, { recursive: true });
  }
}

export const suites = [{ name: 'gguf_dumps', needs: [part], cases }];
