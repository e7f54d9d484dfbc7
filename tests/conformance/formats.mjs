/** What the references call a number format, and the id it has in the catalogue. A tensor that names none is float32. */
const formats = { float32: 'fp32', float16: 'fp16', bfloat16: 'bf16' };

export const formatOf = dtype => formats[dtype ?? 'float32'] ?? dtype;
