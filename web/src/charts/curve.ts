// Memory over context length: one line, the load line across, the crossing and the present setting marked.

import { type SVGTemplateResult, css, nothing, svg } from 'lit';
import { loadLineMark } from './mark.ts';
import { linear, logarithmic, ticks } from './scale.ts';

interface Spot {
  tokens: number;
  bytes: number;
  label: string;
}

export interface CurveData {
  summary: string;
  points: { tokens: number; bytes: number }[];
  here: Spot;
  usable: { bytes: number; label: string } | null;
  crossing: Spot | null;
  unitBytes: number;
  unit: string;
  axis: (bytes: number) => string;
  tokens: (tokens: number) => string;
}

const height = 340;
const top = 20;
const bottom = height - 32;

export function curve(data: CurveData, width: number): SVGTemplateResult {
  const left = 56;
  const right = width - 12;
  const first = data.points[0]!;
  const last = data.points.at(-1)!;
  const max = Math.max(last.bytes, data.usable?.bytes ?? 0) * 1.06;
  const x = logarithmic(first.tokens, last.tokens, left, right);
  const y = linear(max, bottom, top);
  const doublings: number[] = [];
  for (let tokens = first.tokens; tokens <= last.tokens; tokens *= 2) doublings.push(tokens);
  const every = Math.max(1, Math.ceil(doublings.length / Math.max(2, (right - left) / 64)));
  const path = data.points.map((point, index) => `${index ? 'L' : 'M'}${x(point.tokens).toFixed(1)} ${y(point.bytes).toFixed(1)}`).join('');
  return svg`<svg role="img" aria-label=${data.summary} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}>
    ${ticks(max / data.unitBytes, 5).map(value => {
      const level = Math.round(y(value * data.unitBytes)) + 0.5;
      return svg`<path class="grid" d=${`M${left} ${level}H${right}`} /><text class="tick" x=${left - 10} y=${level + 4}
        text-anchor="end">${data.axis(value * data.unitBytes)}</text>`;
    })}
    <text class="tick" x=${left - 10} y="10" text-anchor="end">${data.unit}</text>
    ${doublings.map((tokens, index) => index % every ? nothing : svg`<text class="tick" x=${x(tokens)} y=${bottom + 22}
      text-anchor=${index === 0 ? 'start' : x(tokens) > right - 16 ? 'end' : 'middle'}>${data.tokens(tokens)}</text>`)}
    <path class="area" d=${`${path}L${x(last.tokens)} ${bottom}L${left} ${bottom}Z`} />
    <path class="line" d=${path} />
    ${limit(data, x, y, left, right)}
    ${spot(data.here, x, y, left, right, 'here')}
  </svg>`;
}

type Place = (value: number) => number;

function limit(data: CurveData, x: Place, y: Place, left: number, right: number): SVGTemplateResult | typeof nothing {
  if (!data.usable) return nothing;
  const level = Math.round(y(data.usable.bytes));
  return svg`<path class="load-line" d=${`M${left} ${level}H${right}`} />${loadLineMark(left + 24, level, 7, false)}
    <text class="limit" x=${left + 46} y=${level - 7}>${data.usable.label}</text>
    ${data.crossing ? spot(data.crossing, x, y, left, right, 'crossing') : nothing}`;
}

function spot(at: Spot, x: Place, y: Place, left: number, right: number, name: string): SVGTemplateResult {
  const [across, level] = [Math.max(left, Math.min(right, x(at.tokens))), y(at.bytes)];
  // Below and to the right the curve leaves room; near the right edge there is room only above and to the left.
  const below = name === 'here' && across < right - 150;
  return svg`<circle class=${`spot ${name}`} cx=${across} cy=${level} r="5" />
    <text class="spot-label" x=${across + (below ? 6 : -6)} y=${below ? level + 22 : level - 12}
      text-anchor=${below || across < left + 150 ? 'start' : 'end'}>${at.label}</text>`;
}

export const curveStyles = css`
  svg { display: block; overflow: visible; font-variant-numeric: tabular-nums; }
  .grid { stroke: var(--rule); }
  .line { fill: none; stroke: var(--ink); stroke-width: 2; stroke-linejoin: round; }
  .area { fill: var(--raised); }
  .load-line { stroke: var(--accent); stroke-width: 2; }
  .limit { font-size: 0.8rem; font-weight: 600; fill: var(--accent); }
  .tick { font-size: 0.8rem; fill: var(--muted); }
  .spot { fill: var(--paper); stroke: var(--ink); stroke-width: 2; }
  .spot.here { fill: var(--ink); }
  .spot-label { font-size: 0.8rem; fill: var(--ink); font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
`;
