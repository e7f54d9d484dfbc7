// GGUF files as a converter writes them, of metadata and tensor names alone: the tensors' bytes are a hole in the file.
import { openSync, closeSync, ftruncateSync, writeSync } from 'node:fs';

const number = (bytes, value) => {
  const out = Buffer.alloc(bytes);
  if (bytes === 8) out.writeBigUInt64LE(BigInt(value));
  else out.writeUInt32LE(Number(value));
  return out;
};
const word = text => Buffer.concat([number(8, Buffer.byteLength(text)), Buffer.from(text)]);

/** Unsigned where whole, a float where a number, else text. */
function pair([key, value]) {
  if (/^\d+$/.test(value)) return Buffer.concat([word(key), number(4, 4), number(4, value)]);
  if (value !== '' && Number.isFinite(Number(value))) {
    const float = Buffer.alloc(4);
    float.writeFloatLE(Number(value));
    return Buffer.concat([word(key), number(4, 6), float]);
  }
  return Buffer.concat([word(key), number(4, 8), word(value)]);
}

const blocks = { 0: [1, 4], 1: [1, 2] }; // F32, F16

/** Writes a file; `tensors` are [name, lengths innermost first, ggml type]. Bytes of all tensors without padding. */
export function writeGguf(path, metadata, tensors) {
  let offset = 0;
  let bytes = 0;
  const infos = tensors.map(([name, lengths, type]) => {
    const info = Buffer.concat([word(name), number(4, lengths.length), ...lengths.map(length => number(8, length)), number(4, type), number(8, offset)]);
    const [elements, size] = blocks[type];
    const own = (lengths.reduce((product, length) => product * length, 1) / elements) * size;
    bytes += own;
    offset += Math.ceil(own / 32) * 32;
    return info;
  });
  const pairs = Object.entries(metadata).map(pair);
  const header = Buffer.concat([Buffer.from('GGUF'), number(4, 3), number(8, tensors.length), number(8, pairs.length), ...pairs, ...infos]);
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, Math.ceil(header.length / 32) * 32 + offset);
  closeSync(file);
  return bytes;
}
