// What a config.json says of its own quantisation, and the files where methods write it beside one that does not.

/** In the order in which they count. */
export const quantizationFiles = ['hf_quant_config.json', 'quantize_config.json'] as const;

/** Whether a config says how its weights are stored, so that no file beside it is needed. True for what is no JSON: the core explains it. */
export function saysQuantization(config: string): boolean {
  try {
    const read = JSON.parse(config) as Record<string, Record<string, unknown> | undefined> | null;
    return Boolean(read?.['quantization_config'] ?? read?.['quantization'] ?? read?.['text_config']?.['quantization_config']);
  } catch {
    return true;
  }
}
