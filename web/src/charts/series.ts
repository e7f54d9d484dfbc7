// Colour and hatch of each part of the memory, so that no part is told apart by colour alone.

import { type SVGTemplateResult, css, svg } from 'lit';

const hatches: Record<string, string> = {
  weights: 'M-2 10L10 -2M-2 2L2 -2M6 10L10 6',
  kv: 'M0 4H8',
  act: 'M-2 -2L10 10M-2 6L2 10M6 -2L10 2',
  logits: 'M4 0V8',
  runtime: 'M0 4H8M4 0V8',
  adapters: 'M0 2H8M0 6H8',
  master: 'M-2 10L10 -2M-2 2L2 -2M6 10L10 6M-2 -2L10 10M-2 6L2 10M6 -2L10 2',
  optimizer: 'M2 0V8M6 0V8',
  gradients: 'M0 0L4 4L8 0M0 4L4 8L8 4',
  reserve: 'M-2 -2L10 10',
  buffers: 'M0 4H8',
};

const seriesOf: Record<string, string> = {
  weights: 'weights',
  kv_cache: 'kv',
  activations: 'act',
  logits: 'logits',
  runtime_overhead: 'runtime',
  fp8_weights: 'weights',
  decompressed_weights: 'weights',
  adapters: 'adapters',
  master_weights: 'master',
  optimizer_states: 'optimizer',
  optimizer_transient: 'optimizer',
  gradients: 'gradients',
  master_gradients: 'gradients',
  loss: 'logits',
  buffers: 'buffers',
  saved: 'act',
  allocator_reserve: 'reserve',
};

/** The series of a term: that of its own segment, or of the segment it belongs to. */
export const series = (termId: string): string => seriesOf[termId.split('.')[0] ?? ''] ?? 'runtime';

export const hatchDefinitions = (): SVGTemplateResult => svg`<defs>${Object.entries(hatches).map(
  ([name, path]) => svg`<pattern id=${`hatch-${name}`} width="8" height="8" patternUnits="userSpaceOnUse"><path class="hatch" d=${path} /></pattern>`,
)}</defs>`;

export const swatch = (termId: string): SVGTemplateResult => {
  const name = series(termId);
  return svg`<rect class=${`fill-${name}`} x="0.5" y="0.5" width="15" height="15" />
    <rect class="outline" x="0.5" y="0.5" width="15" height="15" fill=${`url(#hatch-${name})`} />`;
};

export const seriesStyles = css`
  .fill-weights { fill: var(--weights); }
  .fill-kv { fill: var(--kv); }
  .fill-act, .fill-buffers { fill: var(--act); }
  .fill-logits { fill: var(--logits); }
  .fill-runtime, .fill-reserve { fill: var(--runtime); }
  .fill-adapters { fill: var(--adapters); }
  .fill-master { fill: var(--weights); }
  .fill-optimizer { fill: var(--optimizer); }
  .fill-gradients { fill: var(--gradients); }
  .hatch { stroke: var(--hatch); stroke-opacity: 0.38; stroke-width: 1.2; fill: none; }
  .outline { stroke: var(--outline); stroke-width: 1; }
  .mark-halo { fill: var(--paper); }
  .mark-ring { fill: none; stroke: var(--accent); stroke-width: 2; }
  @media (forced-colors: active) { svg { forced-color-adjust: none; } }
`;
