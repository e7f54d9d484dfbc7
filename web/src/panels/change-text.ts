// A change in words: "KV cache in FP8", "AdamW 8-bit (bitsandbytes)".

import type { Change, Request, TrainingWorkload } from '../../../wasm/plimsoll.ts';
import { type View, differing, served, trained } from '../state.ts';
import { formatName, gpuName, methodName, optimizerName, precisionName } from './panel.ts';

const deviceText = (view: View, device: Request['device']): string => {
  const name = gpuName(view, device?.gpu ?? '');
  const count = device?.device_count ?? 1;
  return count === 1 ? name : `${view.format.integer(count)} × ${name}`;
};

/** Whether a change needs less on the same device, rather than offering other or more devices. */
export const savesHere = (change: Change): boolean => change.id !== 'gpu' && change.id !== 'device_count';

/** The training settings that a change changes, each in words; of an optimizer that stays, how it steps. */
function trainingTexts(view: View, before: TrainingWorkload, after: TrainingWorkload): string[] {
  const { change, implementations, checkpointing, attentions, losses } = view.text.training;
  const sameOptimizer = before.optimizer?.id === after.optimizer?.id && JSON.stringify(before.optimizer?.options) === JSON.stringify(after.optimizer?.options);
  const number = (value: number | null | undefined): string => view.format.integer(value ?? 0);
  const texts: Partial<Record<keyof TrainingWorkload, () => string>> = {
    method: () => change.method(methodName(view, after.method ?? 'lora')),
    precision: () => change.precision(precisionName(view, after.precision ?? '')),
    optimizer: () => sameOptimizer ? change.implementation(implementations[after.optimizer?.implementation ?? ''] ?? '')
      : change.optimizer(optimizerName(view, after.optimizer)),
    attention: () => change.attention(attentions[after.attention ?? 'sdpa']),
    loss: () => change.loss(losses[after.loss ?? 'transformers']),
    recompute_granularity: () => change.recompute_granularity(checkpointing[after.recompute_granularity ?? 'full']),
    micro_batch_size: () => change.micro_batch_size(number(after.micro_batch_size), number(after.gradient_accumulation_steps)),
    sequence_length: () => change.sequence_length(number(after.sequence_length)),
  };
  return differing(before, after).flatMap(key => texts[key]?.() ?? []);
}

/** A change in words, as seen from the request it was worked out for. */
export function changeText(view: View, change: Change): string {
  const [before, after] = [view.answer ? trained(view.answer.report.request) : null, trained(change.request)];
  if (before && after && savesHere(change)) return trainingTexts(view, before, after).join(view.text.comma) || change.value;
  const texts: Record<string, (value: string) => string> = view.text.change;
  const values: Record<string, string> = {
    kv_cache_dtype: formatName(view, change.value),
    weight_format: formatName(view, change.request.weight_format ?? change.value),
    gpu: deviceText(view, change.request.device),
  };
  const value = values[change.id] ?? (/^\d+$/.test(change.value) ? view.format.integer(Number(change.value)) : change.value);
  if (change.id === 'weight_format' && change.value.includes('kv_cache_dtype')) {
    return view.text.changeBoth(value, formatName(view, served(change.request)?.kv_cache_dtype ?? ''));
  }
  return texts[change.id]?.(value) ?? `${change.id} ${value}`;
}

