// Checkpoints made for tests: small models with whole files, and large ones of which only the beginning is there.

import { Buffer } from 'node:buffer';

export interface Made {
  name: string;
  bytes: Buffer;
}

/** The keys of a config.json that decide the shapes of a llama. */
export interface Shapes {
  hidden_size: number;
  intermediate_size: number;
  vocab_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
}

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
export const u64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};
const word = (text: string): Buffer => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);

/** A small model as GGUF: a llama of two layers whose matrices are Q8_0, 34 bytes for 32 weights; and so many words of a vocabulary. */
export function gguf(name = 'small.Q8_0.gguf', words = 0): Made {
  const [hidden, intermediate, vocabulary] = [256, 512, 1000];
  const numbers = { block_count: 2, context_length: 4096, embedding_length: hidden, feed_forward_length: intermediate, 'attention.head_count': 4, 'attention.head_count_kv': 2 };
  const pairs = [Buffer.concat([word('general.architecture'), u32(8), word('llama')]),
    ...Object.entries(numbers).map(([key, value]) => Buffer.concat([word(`llama.${key}`), u32(4), u32(value)])),
    ...(words ? [Buffer.concat([word('tokenizer.ggml.merges'), u32(9), u32(8), u64(words), ...Array.from({ length: words }, (_, i) => word(`word ${i}`))])] : [])];
  const tensors: [name: string, ne: number[]][] = [['token_embd.weight', [hidden, vocabulary]], ['output_norm.weight', [hidden]]];
  for (const layer of [0, 1]) {
    for (const [matrix, out] of [['attn_q', 256], ['attn_k', 128], ['attn_v', 128], ['attn_output', 256], ['ffn_gate', 512], ['ffn_up', 512]] as const) tensors.push([`blk.${layer}.${matrix}.weight`, [hidden, out]]);
    tensors.push([`blk.${layer}.ffn_down.weight`, [intermediate, hidden]], [`blk.${layer}.attn_norm.weight`, [hidden]], [`blk.${layer}.ffn_norm.weight`, [hidden]]);
  }
  return { name, bytes: ggufOf(pairs, tensors) };
}

/** A split of the same: the metadata and the first tensors in one file, the others in the second. */
export function splitGguf(stem: string): Made[] {
  const whole: [name: string, ne: number[]][] = [['token_embd.weight', [256, 1000]], ['output_norm.weight', [256]]];
  const layer: [name: string, ne: number[]][] = [...(['attn_q', 'attn_output'] as const).map((name): [string, number[]] => [`blk.0.${name}.weight`, [256, 256]]),
    ...(['attn_k', 'attn_v'] as const).map((name): [string, number[]] => [`blk.0.${name}.weight`, [256, 128]]),
    ...(['ffn_gate', 'ffn_up'] as const).map((name): [string, number[]] => [`blk.0.${name}.weight`, [256, 512]]),
    ['blk.0.ffn_down.weight', [512, 256]], ['blk.0.attn_norm.weight', [256]], ['blk.0.ffn_norm.weight', [256]]];
  const numbers = { block_count: 1, context_length: 4096, embedding_length: 256, feed_forward_length: 512, 'attention.head_count': 4, 'attention.head_count_kv': 2 };
  const pairs = [Buffer.concat([word('general.architecture'), u32(8), word('llama')]), ...Object.entries(numbers).map(([key, value]) => Buffer.concat([word(`llama.${key}`), u32(4), u32(value)]))];
  return [{ name: `${stem}-00001-of-00002.gguf`, bytes: ggufOf(pairs, whole) }, { name: `${stem}-00002-of-00002.gguf`, bytes: ggufOf([], layer) }];
}

function ggufOf(pairs: Buffer[], tensors: [name: string, ne: number[]][]): Buffer {
  let offset = 0;
  const infos = tensors.map(([tensor, ne]) => {
    const matrix = ne.length > 1;
    const elements = ne.reduce((product, length) => product * length, 1);
    const info = Buffer.concat([word(tensor), u32(ne.length), ...ne.map(u64), u32(matrix ? 8 : 0), u64(offset)]);
    offset += Math.ceil((matrix ? (elements / 32) * 34 : elements * 4) / 32) * 32;
    return info;
  });
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(pairs.length), ...pairs, ...infos]);
  return Buffer.concat([header, Buffer.alloc(Math.ceil(header.length / 32) * 32 - header.length + offset)]);
}

const shapesOf = ({ hidden_size: h, intermediate_size: f, vocab_size: v, num_hidden_layers: layers, ...heads }: Shapes): [name: string, shape: number[]][] => {
  const kv = (h / heads.num_attention_heads) * heads.num_key_value_heads;
  const inLayer: [string, number[]][] = [['self_attn.q_proj', [h, h]], ['self_attn.k_proj', [kv, h]], ['self_attn.v_proj', [kv, h]], ['self_attn.o_proj', [h, h]],
    ['mlp.gate_proj', [f, h]], ['mlp.up_proj', [f, h]], ['mlp.down_proj', [h, f]], ['input_layernorm', [h]], ['post_attention_layernorm', [h]]];
  return [['model.embed_tokens.weight', [v, h]], ['model.norm.weight', [h]], ['lm_head.weight', [v, h]],
    ...Array.from({ length: layers }, (_, layer) => inLayer.map(([name, shape]): [string, number[]] => [`model.layers.${layer}.${name}.weight`, shape])).flat()];
};

/** A file's beginning, and how long the whole would be. */
export interface Begun {
  name: string;
  begin: Buffer;
  size: number;
}

export interface Sharded {
  shards: Begun[];
  index: string;
  /** Of all tensors. */
  bytes: number;
}

/** The checkpoint of a config in BF16, its tensors cut into so many files of about equal numbers. */
export function sharded(config: Shapes, count: number): Sharded {
  const all = shapesOf(config);
  const each = Math.ceil(all.length / count);
  const weightMap: Record<string, string> = {};
  let total = 0;
  const shards = Array.from({ length: count }, (_, i): Begun => {
    const name = count === 1 ? 'model.safetensors' : `model-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;
    let at = 0;
    const header: Record<string, object> = {};
    for (const [tensor, shape] of all.slice(i * each, (i + 1) * each)) {
      const bytes = 2 * shape.reduce((product, length) => product * length, 1);
      header[tensor] = { dtype: 'BF16', shape, data_offsets: [at, (at += bytes)] };
      weightMap[tensor] = name;
    }
    total += at;
    const text = JSON.stringify(header);
    const begin = Buffer.concat([u64(text.length), Buffer.from(text)]);
    return { name, begin, size: begin.length + at };
  });
  return { shards, index: JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }), bytes: total };
}

/** The same with its tensors, all zero. */
export const whole = ({ name, begin, size }: Begun): Made => ({ name, bytes: Buffer.concat([begin, Buffer.alloc(size - begin.length)]) });
