// A step of training over time: one column for each moment, what stands below and what moves above, the load line across,
// the first step as a lighter line, and the peak marked.

import { type SVGTemplateResult, css, nothing, svg } from 'lit';
import { loadLineMark } from './mark.ts';
import { linear, ticks } from './scale.ts';
import { hatchDefinitions, series } from './series.ts';

export interface TimelinePart {
  id: string;
  bytes: number;
}

export interface TimelineMoment {
  id: string;
  /** What comes and goes at this moment. */
  moving: TimelinePart[];
  /** What torch has handed out then: standing and moving together. */
  allocated: number;
  /** The same moment of the first step. */
  first: number;
}

export interface TimelineData {
  summary: string;
  /** Below everything: what the device holds beside torch. */
  runtime: TimelinePart;
  /** From the bottom up, the same in every column. */
  standing: TimelinePart[];
  moments: TimelineMoment[];
  worst: number;
  chosen: number;
  /** On top of the highest column: what the allocator holds beyond it. */
  reserve: number;
  usable: { bytes: number; label: string } | null;
  peak: string;
  unitBytes: number;
  unit: string;
  axis: (bytes: number) => string;
}

export const timelineLeft = 56;
// Names do not fit under narrow columns: numbers stand for them.
const numbersBelow = 728;
const height = 340;
const top = 44;
const bottom = height - 22;
const gap = 6;

type Place = (bytes: number) => number;

interface Column {
  from: number;
  width: number;
}

const rect = (id: string, { from, width }: Column, y: Place, low: number, high: number): SVGTemplateResult => {
  const [up, down] = [y(high), y(low)];
  const size = Math.max(0, down - up);
  return svg`<rect class=${`fill-${series(id)}`} x=${from} y=${up} width=${width} height=${size} />
    <rect x=${from} y=${up} width=${width} height=${size} fill=${`url(#hatch-${series(id)})`} />
    ${size > 2 ? svg`<path class="seam" d=${`M${from} ${up}h${width}`} />` : nothing}`;
};

function stack(parts: TimelinePart[], column: Column, y: Place, base: number): SVGTemplateResult {
  let low = base;
  return svg`${parts.map(part => {
    const from = low;
    low += part.bytes;
    return rect(part.id, column, y, from, low);
  })}`;
}

const sum = (parts: TimelinePart[]): number => parts.reduce((total, part) => total + part.bytes, 0);

function drawMoment(data: TimelineData, index: number, column: Column, y: Place, choose: (index: number) => void): SVGTemplateResult {
  const moment = data.moments[index]!;
  const { runtime } = data;
  const standing = runtime.bytes + sum(data.standing);
  const high = runtime.bytes + moment.allocated;
  const up = y(high);
  return svg`<g class=${`moment ${index === data.chosen ? 'chosen' : ''}`} @click=${() => choose(index)}>
    <rect class="reach" x=${column.from - gap / 2} y=${top} width=${column.width + gap} height=${bottom - top} />
    ${stack([runtime, ...data.standing], column, y, 0)}${stack(moment.moving, column, y, standing)}
    ${index === data.worst ? rect('allocator_reserve', column, y, high, high + data.reserve) : nothing}
    <path class="level" d=${`M${column.from} ${y(standing)}h${column.width}`} />
    <rect class="outline" x=${column.from + 0.5} y=${up + 0.5} width=${Math.max(0, column.width - 1)} height=${Math.max(0, bottom - up - 1)} fill="none" />
  </g>`;
}

/** A step line through the first step's levels. */
function firstStep(data: TimelineData, columns: Column[], y: Place): SVGTemplateResult {
  const path = columns.map(({ from, width }, index) => {
    const level = y(data.runtime.bytes + data.moments[index]!.first).toFixed(1);
    return `${index ? 'L' : 'M'}${from - gap / 2} ${level}H${from + width + gap / 2}`;
  }).join('');
  return svg`<path class="first halo" d=${path} /><path class="first" d=${path} />`;
}

function limit(data: TimelineData, y: Place, right: number): SVGTemplateResult | typeof nothing {
  if (!data.usable) return nothing;
  const level = Math.round(y(data.usable.bytes));
  // The label hangs where the peak is not.
  const leftward = data.worst > (data.moments.length - 1) / 2;
  return svg`<path class="load-line" d=${`M${timelineLeft} ${level}H${right}`} />
    <text class="limit" x=${leftward ? timelineLeft + 4 : right} y=${level - 8} text-anchor=${leftward ? 'start' : 'end'}>${data.usable.label}</text>`;
}

function peak(data: TimelineData, column: Column, y: Place, right: number): SVGTemplateResult {
  const level = y(data.runtime.bytes + data.moments[data.worst]!.allocated + data.reserve);
  const middle = column.from + column.width / 2;
  const anchor = middle < timelineLeft + 90 ? 'start' : middle > right - 90 ? 'end' : 'middle';
  const x = anchor === 'start' ? column.from : anchor === 'end' ? column.from + column.width : middle;
  const line = data.usable ? y(data.usable.bytes) : 0;
  const wanted = level - 20;
  // A label on the load line would hide it: it goes above.
  const place = Math.abs(wanted - 6 - line) < 18 ? line - 10 : wanted;
  return svg`${loadLineMark(middle, level, 8, false)}<text class="peak" x=${x} y=${Math.max(14, place)} text-anchor=${anchor}>${data.peak}</text>`;
}

export function timeline(data: TimelineData, width: number, choose: (index: number) => void): SVGTemplateResult {
  const right = width - 1;
  const highest = Math.max(...data.moments.map(moment => Math.max(moment.allocated + data.reserve, moment.first) + data.runtime.bytes));
  const max = Math.max(highest, data.usable?.bytes ?? 0) * 1.02;
  const y = linear(max, bottom, top);
  const each = (right - timelineLeft) / data.moments.length;
  const columns = data.moments.map((_, index) => ({ from: timelineLeft + index * each + gap / 2, width: each - gap }));
  return svg`<svg class="timeline" role="img" aria-label=${data.summary} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>
    ${hatchDefinitions()}
    ${ticks(max / data.unitBytes, 5).map(value => {
      const level = Math.round(y(value * data.unitBytes)) + 0.5;
      return svg`<path class="grid" d=${`M${timelineLeft} ${level}H${right}`} />
        <text class="tick" x=${timelineLeft - 10} y=${level + 4} text-anchor="end">${data.axis(value * data.unitBytes)}</text>`;
    })}
    <text class="tick" x=${timelineLeft - 10} y="14" text-anchor="end">${data.unit}</text>
    ${columns.map((column, index) => drawMoment(data, index, column, y, choose))}
    ${width > numbersBelow ? nothing : columns.map((column, index) => svg`<text class="tick" x=${column.from + column.width / 2} y=${bottom + 18}
      text-anchor="middle">${index + 1}</text>`)}
    ${firstStep(data, columns, y)}
    ${limit(data, y, right)}
    ${peak(data, columns[data.worst]!, y, right)}
  </svg>`;
}

export const timelineStyles = css`
  .timeline { display: block; overflow: visible; font-variant-numeric: tabular-nums; }
  .grid { stroke: var(--rule); }
  .tick { font-size: 0.8rem; fill: var(--muted); }
  .moment { cursor: pointer; }
  .reach { fill: transparent; }
  .moment:hover .reach { fill: var(--raised); }
  .seam { stroke: var(--paper); stroke-width: 1; fill: none; }
  .level { stroke: var(--paper); stroke-width: 3; fill: none; }
  .moment .outline { stroke-opacity: 0.6; }
  .moment.chosen .outline { stroke: var(--accent); stroke-width: 2.5; stroke-opacity: 1; }
  .first { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 3; }
  .first.halo { stroke: var(--paper); stroke-width: 4; stroke-dasharray: none; stroke-opacity: 0.75; }
  .load-line { stroke: var(--accent); stroke-width: 2; }
  .limit { font-size: 0.8rem; font-weight: 600; fill: var(--accent); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
  .peak { font-size: 1rem; font-weight: 600; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
`;
