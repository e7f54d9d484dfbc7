// Pixels only: where a value lies on an axis, and which ticks to draw. No memory is computed here.

export const linear = (max: number, from: number, to: number) => (value: number): number =>
  max > 0 ? from + (value / max) * (to - from) : from;

export const logarithmic = (min: number, max: number, from: number, to: number) => (value: number): number =>
  from + (Math.log2(value / min) / Math.log2(max / min)) * (to - from);

/** Round steps of 1, 2 or 5 (times a power of ten), at most `most` of them. */
export function tickStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(candidate => candidate * power >= rough) ?? 10;
  return step * power;
}

export function ticks(max: number, most: number): number[] {
  const step = tickStep(max, most);
  const count = Math.floor(max / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Positions on the slider: eight to each doubling, the last one the model's own limit. */
export const stopsPerDoubling = 8;
const leastContext = 256;

export const stopOf = (tokens: number, max: number): number =>
  tokens >= max ? lastStop(max) : Math.round(Math.max(0, Math.log2(Math.max(1, tokens) / leastContext)) * stopsPerDoubling);

export const lastStop = (max: number): number => Math.max(1, Math.ceil(Math.log2(Math.max(2, max / leastContext)) * stopsPerDoubling));

export const tokensAt = (stop: number, max: number): number => {
  if (stop >= lastStop(max)) return max;
  const exact = leastContext * 2 ** (stop / stopsPerDoubling);
  const grain = Math.max(1, 2 ** Math.floor(Math.log2(exact) - 4));
  return Math.min(max, Math.round(exact / grain) * grain);
};

/** Context lengths for the curve: each doubling up to the model's limit, and four steps between. */
export function curveLengths(max: number): number[] {
  const lengths = new Set<number>();
  for (let doubling = 0; leastContext * 2 ** (doubling / 4) < max; doubling += 1) lengths.add(Math.round(leastContext * 2 ** (doubling / 4)));
  return [...lengths, max];
}

/** Keeps labels of the given widths from overlapping while staying near where they point. */
export function spreadLabels(wanted: number[], widths: number[], gap: number, end: number): number[] {
  const places = [...wanted];
  for (let index = 1; index < places.length; index += 1) {
    places[index] = Math.max(places[index]!, places[index - 1]! + widths[index - 1]! + gap);
  }
  let limit = end;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(places[index]!, limit - widths[index]!);
    limit = places[index]! - gap;
  }
  return places;
}
