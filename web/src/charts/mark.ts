// The load-line mark: a circle crossed by a line. The logo, and the sign of usable memory on every chart.

import { type SVGTemplateResult, svg } from 'lit';

/** The line lies level on the logo and upright where it is the limit of a bar. */
export const loadLineMark = (x: number, y: number, radius: number, upright: boolean): SVGTemplateResult => {
  const reach = radius * 1.75;
  const line = upright ? `M${x} ${y - reach}V${y + reach}` : `M${x - reach} ${y}H${x + reach}`;
  return svg`<g class="mark"><circle class="mark-halo" cx=${x} cy=${y} r=${radius + 3} /><circle class="mark-ring" cx=${x} cy=${y} r=${radius} />
    <path class="mark-ring" d=${line} /></g>`;
};
