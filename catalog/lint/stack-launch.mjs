// The models and tokenizers that a stack's launch part names exist.
import { entriesOf } from '../read.mjs';

export const rule = {
  id: 'stack-launch',
  check(catalog) {
    const models = new Set(entriesOf(catalog, 'models').map((entry) => entry.id));
    return entriesOf(catalog, 'stacks').filter(({ data }) => data.launch).flatMap(({ file, data: { launch } }) => {
      const used = new Set(Object.values(launch.models).map(({ tokenizer }) => tokenizer));
      const unknown = Object.keys(launch.models).filter((id) => !models.has(id))
        .map((id) => [`launch/models names "${id}", which is not in models/`, `Add models/${id}.json, or remove the line.`]);
      const missing = [...used].filter((name) => !launch.tokenizers[name])
        .map((name) => [`launch/tokenizers has no "${name}"`, 'Describe it there, or name another.']);
      const idle = Object.keys(launch.tokenizers).filter((name) => !used.has(name))
        .map((name) => [`launch/tokenizers/${name} belongs to no model`, 'Remove it.']);
      return [...unknown, ...missing, ...idle].map(([message, hint]) => ({ file, message, hint }));
    });
  },
};
