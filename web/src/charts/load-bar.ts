// The stacked bar: what one GPU must carry, and the load line where its usable memory ends.

import { type SVGTemplateResult, css, nothing, svg } from 'lit';
import { loadLineMark } from './mark.ts';
import { linear, spreadLabels, ticks } from './scale.ts';
import { hatchDefinitions, series } from './series.ts';

export interface BarPart {
  id: string;
  name: string;
  amount: string;
  bytes: number;
}

export interface BarData {
  summary: string;
  parts: BarPart[];
  needed: number;
  usable: { bytes: number; label: string } | null;
  sold: { bytes: number; label: string } | null;
  /** What lies between the parts and the load line: free, or over. */
  gap: { label: string; over: boolean } | null;
  unitBytes: number;
  unit: string;
  axis: (bytes: number) => string;
}

const height = 56;

// Wide enough for either script: CJK letters take a full em, the rest about half of one.
const textWidth = (text: string, size: number): number =>
  [...text].reduce((sum, letter) => sum + (letter.codePointAt(0)! > 0x2e80 ? 1 : 0.56), 0) * size;

const labelWidth = (part: BarPart): number => Math.max(textWidth(part.name, 13.5), textWidth(part.amount, 16));
const labelGap = 24;
// A part that is hardly seen has no label.
const leastLabelled = 3;

/** Whether the labels of the parts fit in a row; where they do not, the list of terms below the bar names them. */
const labelsFit = (parts: BarPart[], x: (bytes: number) => number, room: number): boolean =>
  parts.filter(part => x(part.bytes) - 2 > leastLabelled).reduce((sum, part) => sum + labelWidth(part) + labelGap, -labelGap) <= room;

export function loadBar(data: BarData, width: number, open: (id: string) => void): SVGTemplateResult {
  const max = Math.max(data.needed, data.usable?.bytes ?? 0, data.sold?.bytes ?? 0);
  const narrow = width < 560 || !labelsFit(data.parts, linear(max, 0, width - 112), width - 12);
  const top = narrow ? 16 : 56;
  const bottom = top + height;
  const tall = bottom + (narrow ? 64 : 48);
  const right = narrow ? width - 6 : width - 112;
  const x = linear(max, 0, right);
  let start = 0;
  const drawn = data.parts.map(part => {
    const from = x(start);
    start += part.bytes;
    return { ...part, from, to: Math.max(from + 1.5, x(start) - 2), middle: (from + x(start)) / 2 };
  });
  const end = x(data.needed);
  return svg`<svg role="img" aria-label=${data.summary} width=${width} height=${tall} viewBox=${`0 0 ${width} ${tall}`}>
    ${hatchDefinitions()}
    ${data.usable ? svg`<rect class="vessel" x="0.5" y=${top + 0.5} width=${x(data.usable.bytes)} height=${height - 1} />` : nothing}
    ${ruler(data, x, max, bottom, narrow)}
    ${drawn.map(part => segment(part, top, open))}
    ${narrow ? nothing : partLabels(drawn, right, top, open)}
    ${limits(data, x, width, top, narrow)}
    ${gapLabel(data, x, end, top)}
  </svg>`;
}

type Drawn = BarPart & { from: number; to: number; middle: number };

const segment = (part: Drawn, top: number, open: (id: string) => void): SVGTemplateResult => {
  const size = part.to - part.from;
  return svg`<g class="segment" @click=${() => open(part.id)}>
    <title>${part.name} ${part.amount}</title>
    <rect class=${`part fill-${series(part.id)}`} x=${part.from} y=${top} width=${size} height=${height} />
    <rect class="part outline" x=${part.from + 0.5} y=${top + 0.5} width=${Math.max(0.5, size - 1)} height=${height - 1} fill=${`url(#hatch-${series(part.id)})`} />
  </g>`;
};

function partLabels(drawn: Drawn[], right: number, top: number, open: (id: string) => void): SVGTemplateResult {
  const shown = drawn.filter(part => part.to - part.from > leastLabelled);
  const places = spreadLabels(shown.map(part => part.from), shown.map(labelWidth), labelGap, right + 100);
  return svg`${shown.map((part, index) => {
    const place = places[index]!;
    const foot = place > part.middle ? part.middle : Math.max(place + 0.5, Math.min(part.middle, place + 0.5));
    return svg`<g class="label" @click=${() => open(part.id)}>
      <path class="leader" d=${`M${place + 0.5} 41V46L${Math.max(part.from + 0.5, Math.min(foot, part.to))} ${top - 1}`} />
      <text class="name" x=${place} y="14">${part.name}</text>
      <text class="amount" x=${place} y="35">${part.amount}</text>
    </g>`;
  })}`;
}

function ruler(data: BarData, x: (bytes: number) => number, max: number, bottom: number, narrow: boolean): SVGTemplateResult {
  const marks = ticks(max / data.unitBytes, narrow ? 5 : 12).map(value => value * data.unitBytes);
  const taken = [data.usable?.bytes, data.sold?.bytes].filter(bytes => bytes !== undefined).map(x);
  const clear = marks.filter(mark => taken.every(place => Math.abs(place - x(mark)) > 22));
  return svg`<path class="axis" d=${marks.map(mark => `M${Math.round(x(mark)) + 0.5} ${bottom}v6`).join('')} />
    ${clear.map((mark, index) => svg`<text class="tick" x=${Math.max(0, x(mark))} y=${bottom + 20}
      text-anchor=${mark === 0 ? 'start' : 'middle'}>${data.axis(mark)}${index === 0 ? ` ${data.unit}` : ''}</text>`)}`;
}

function limits(data: BarData, x: (bytes: number) => number, width: number, top: number, narrow: boolean): SVGTemplateResult {
  const bottom = top + height;
  const usable = data.usable ? { at: Math.round(x(data.usable.bytes)), label: data.usable.label, width: textWidth(data.usable.label, 13.5) } : null;
  const sold = data.sold ? { at: Math.round(x(data.sold.bytes)) + 0.5, label: data.sold.label, width: textWidth(data.sold.label, 13) } : null;
  // The usable label hangs to the left of its line, or to the right where there is no room.
  const leftward = usable !== null && usable.at - usable.width > 0;
  const usableStart = usable ? (leftward ? usable.at + 6 - usable.width : Math.max(0, usable.at - 6)) : 0;
  const beside = !narrow && !data.gap?.over;
  const soldStart = sold ? (beside ? sold.at + 8 : Math.max(sold.at + 8, usableStart + (usable?.width ?? 0) + 16)) : 0;
  const below = sold !== null && soldStart + sold.width > width;
  return svg`
    ${sold ? svg`<path class="sold" d=${`M${sold.at} ${top - 6}V${bottom + 10}`} />
      <text class="tick" x=${below ? width : soldStart} y=${beside ? bottom + 20 : below ? bottom + 58 : bottom + 40}
      text-anchor=${below ? 'end' : 'start'}>${sold.label}</text>` : nothing}
    ${usable ? svg`<path class="load-line" d=${`M${usable.at} ${top - 10}V${bottom + 14}`} />${loadLineMark(usable.at, top + height / 2, 11, true)}
      <text class="limit" x=${usableStart} y=${bottom + 40}>${usable.label}</text>` : nothing}`;
}

function gapLabel(data: BarData, x: (bytes: number) => number, end: number, top: number): SVGTemplateResult | typeof nothing {
  if (!data.gap || !data.usable) return nothing;
  const limit = x(data.usable.bytes);
  if (data.gap.over) {
    return svg`<rect class="over" x=${limit} y=${top - 3} width=${Math.max(2, end - limit)} height=${height + 6} />
      ${loadLineMark(Math.round(limit), top + height / 2, 11, true)}`;
  }
  const room = limit - end - 40;
  return room > textWidth(data.gap.label, 16)
    ? svg`<text class="gap" x=${(end + limit - 16) / 2} y=${top + height / 2 + 6} text-anchor="middle">${data.gap.label}</text>`
    : nothing;
}

export const loadBarStyles = css`
  svg { display: block; overflow: visible; font-variant-numeric: tabular-nums; }
  .vessel { fill: none; stroke: var(--edge); }
  .part { transition: x 120ms ease-out, width 120ms ease-out; }
  .segment, .label { cursor: pointer; }
  .segment:hover .outline { stroke-width: 2; }
  .label:hover .name { text-decoration: underline; }
  .leader { fill: none; stroke: var(--edge); }
  .axis { stroke: var(--edge); fill: none; }
  .sold { stroke: var(--edge); stroke-dasharray: 3 3; }
  .load-line { stroke: var(--accent); stroke-width: 2; }
  .over { fill: none; stroke: var(--bad); stroke-width: 2; }
  text { fill: var(--ink); font-size: 1rem; }
  .name, .tick { font-size: 0.8rem; fill: var(--muted); }
  .limit { font-size: 0.8rem; font-weight: 600; fill: var(--accent); }
  .gap { fill: var(--muted); }
  @media (prefers-reduced-motion: reduce) { .part { transition: none; } }
`;
