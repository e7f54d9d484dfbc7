// Weight formats sorted by who runs them.

import type { FormatRow } from '../../../wasm/plimsoll.ts';
import type { View } from '../state.ts';

const engineName = (view: View): string => {
  const id = view.state.request.engine ?? 'transformers';
  return view.catalog.engines.get(id)?.name ?? id;
};

/** The names of the groups in the order they are shown. */
export function formatGroups(view: View): string[] {
  const { groups } = view.text.formats;
  return ['', groups.dtype, groups.engine(engineName(view)), groups.gguf, groups.other, groups.idealised];
}

const dataTypes: ReadonlySet<string> = new Set(['fp32', 'bf16', 'fp16']);

/** The group of a row: whether the engine runs it decides, where the core knows. None while the core was not asked. */
export function formatGroup(view: View, row: FormatRow | undefined): string {
  const { groups } = view.text.formats;
  if (!row) return '';
  if (dataTypes.has(row.resolved)) return groups.dtype;
  if (row.idealised) return groups.idealised;
  if (row.engine_loads) return groups.engine(engineName(view));
  return view.catalog.quantizations.get(row.resolved)?.llama_file_type ? groups.gguf : groups.other;
}

export { engineName };
