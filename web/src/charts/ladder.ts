// One rung of the ladder of methods: a thin stacked bar on the scale of all rungs, with the load line across.

import { type SVGTemplateResult, css, nothing, svg } from 'lit';
import { loadLineMark } from './mark.ts';
import { linear } from './scale.ts';
import { hatchDefinitions, series } from './series.ts';

export interface Rung {
  parts: { id: string; bytes: number }[];
  usable: number | null;
  /** The largest amount of all rungs, so that they can be compared. */
  most: number;
}

const height = 36;
const bar = 24;

export function rungBar({ parts, usable, most }: Rung, width: number): SVGTemplateResult {
  const x = linear(Math.max(most, usable ?? 0), 0, width - 12);
  const top = (height - bar) / 2;
  let start = 0;
  const line = Math.round(x(usable ?? 0));
  return svg`<svg class="rung" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">${hatchDefinitions()}
    ${usable === null ? nothing : svg`<rect class="vessel" x="0.5" y=${top + 0.5} width=${line} height=${bar - 1} />`}
    ${parts.map(part => {
      const from = x(start);
      start += part.bytes;
      const size = Math.max(1, x(start) - from - 1);
      return svg`<rect class=${`fill-${series(part.id)}`} x=${from} y=${top} width=${size} height=${bar} />
        <rect class="outline" x=${from + 0.5} y=${top + 0.5} width=${Math.max(0.5, size - 1)} height=${bar - 1} fill=${`url(#hatch-${series(part.id)})`} />`;
    })}
    ${usable === null ? nothing : svg`<path class="load-line" d=${`M${line} 0V${height}`} />${loadLineMark(line, height / 2, 7, true)}`}</svg>`;
}

export const ladderStyles = css`
  .rung { display: block; overflow: visible; }
  .vessel { fill: none; stroke: var(--edge); }
  .load-line { stroke: var(--accent); stroke-width: 2; }
`;
