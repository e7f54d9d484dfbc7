// A model holds keys of its config.json that decide memory, and nothing worked out from them.
import { entriesOf, walk } from '../read.mjs';

const derived = /(param(eter)?s?(_count|_b)?$|num_parameters|model_size|_bytes$|_gb$|_gib$|bits_per_weight|kv_cache_)/i;

export const rule = {
  id: 'model-config-minimal',
  check(catalog) {
    const allowed = new Set(Object.keys(catalog.schemas['model.schema.json'].properties.config.properties));
    const findings = [];
    for (const { file, data } of entriesOf(catalog, 'models')) {
      for (const key of Object.keys(data.config)) {
        if (!allowed.has(key)) findings.push({ file, message: `config.${key} does not decide memory, or is not known yet`, hint: 'Remove it; if a family reads it, add it to config in schemas/model.schema.json.' });
      }
      walk(data, (value, path) => {
        const key = path.split('/').at(-1);
        if (typeof value === 'number' && derived.test(key)) findings.push({ file, message: `${path} is worked out, not read`, hint: 'Remove it: the core computes it.' });
      });
    }
    return findings;
  },
};
