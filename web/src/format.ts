// Turns bytes and counts into what people read, and back. The only file that knows how large a GiB is.

import type { Language } from './language/index.ts';

export type Unit = 'GiB' | 'GB';

/** A number and its unit, apart, so that the page can set the unit lighter and align on it. */
export interface Quantity {
  number: string;
  unit: string;
}

const ladders: Record<Unit, { base: number; units: string[] }> = {
  GiB: { base: 1024, units: ['B', 'KiB', 'MiB', 'GiB'] },
  GB: { base: 1000, units: ['B', 'kB', 'MB', 'GB'] },
};

const decimalsFor = (value: number): number => (Math.abs(value) >= 1000 ? 1 : 2);

export class Format {
  readonly #locale: string;

  constructor(
    readonly language: Language,
    readonly unit: Unit,
  ) {
    this.#locale = language === 'zh' ? 'zh-CN' : 'en-US';
  }

  #decimal(value: number, digits: number): string {
    // A true minus sign is as wide as a digit and is read aloud as one.
    return value.toLocaleString(this.#locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−');
  }

  /** Bytes in the reader's unit; small amounts step down to MiB, KiB or B so that no digit is lost. */
  memory(bytes: number): Quantity {
    const { base, units } = ladders[this.unit];
    let step = units.length - 1;
    while (step > 0 && Math.abs(bytes) < 0.1 * base ** step) step -= 1;
    const value = bytes / base ** step;
    return { number: this.#decimal(value, step === 0 ? 0 : decimalsFor(value)), unit: units[step] ?? 'B' };
  }

  /** Bytes always in GiB (or GB), for columns that are compared down the page. */
  column(bytes: number): Quantity {
    const value = bytes / this.unitBytes;
    return { number: this.#decimal(value, decimalsFor(value)), unit: this.unit };
  }

  /** The same amount in decimal GB, as the rules of thumb count. */
  decimalGigabytes(bytes: number): Quantity {
    const value = bytes / ladders.GB.base ** 3;
    return { number: this.#decimal(value, decimalsFor(value)), unit: 'GB' };
  }

  decimalText(bytes: number): string {
    const { number, unit } = this.decimalGigabytes(bytes);
    return `${number} ${unit}`;
  }

  /** The same amount in GiB, whatever the reader's unit. */
  binaryGibibytes(bytes: number): Quantity {
    const value = bytes / ladders.GiB.base ** 3;
    return { number: this.#decimal(value, decimalsFor(value)), unit: 'GiB' };
  }

  text(bytes: number): string {
    const { number, unit } = this.memory(bytes);
    return `${number} ${unit}`;
  }

  columnText(bytes: number): string {
    const { number, unit } = this.column(bytes);
    return `${number} ${unit}`;
  }

  bytes(bytes: number): string {
    return `${this.integer(bytes)} B`;
  }

  get unitBytes(): number {
    return ladders[this.unit].base ** 3;
  }

  integer(value: number): string {
    return value.toLocaleString(this.#locale, { maximumFractionDigits: 0 });
  }

  /** A number put into a formula: every digit that matters, no more. */
  exact(value: number): string {
    return value.toLocaleString(this.#locale, { maximumFractionDigits: 6 });
  }

  /** Parameter counts: 8.03 B, 494 M. */
  count(value: number): string {
    const [scale, suffix] = value >= 1e12 ? [1e12, 'T'] : value >= 1e9 ? [1e9, 'B'] : value >= 1e6 ? [1e6, 'M'] : [1, ''];
    const scaled = value / scale;
    return scale === 1 ? this.integer(value) : `${this.#decimal(scaled, scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)} ${suffix}`;
  }

  /** Bits of one weight, given in thousandths. */
  bits(millibits: number): string {
    return this.#decimal(millibits / 1000, 2);
  }

  percent(permille: number): string {
    return `${this.#decimal(permille / 10, 0)} %`;
  }

  /** Share of a part in a whole, in percent. */
  share(part: number, whole: number): string {
    if (!(whole > 0)) return '—';
    const percent = (part / whole) * 100;
    return percent > 0 && percent < 0.1 ? '< 0.1 %' : `${this.#decimal(percent, 1)} %`;
  }

  /** Axis label of a token count: 8k, 128k, 1M. */
  shortTokens(tokens: number): string {
    const base = ladders.GiB.base;
    if (tokens >= base * base && tokens % (base * base) === 0) return `${tokens / (base * base)}M`;
    return tokens >= base && tokens % base === 0 ? `${tokens / base}k` : this.integer(tokens);
  }

  axis(bytes: number): string {
    return this.exact(Math.round((bytes / this.unitBytes) * 100) / 100);
  }
}

const multipliers: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, 万: 10_000 };

/** Reads "8192", "8,192", "128k", "1M", "10万"; null when it is none of these. */
export function parseTokens(text: string): number | null {
  const match = /^\s*([\d\s,_]*\d(?:\.\d+)?)\s*([km万]?)\s*$/i.exec(text);
  if (!match) return null;
  const value = Number((match[1] ?? '').replace(/[\s,_]/g, '')) * (multipliers[(match[2] ?? '').toLowerCase()] ?? 1);
  return Number.isFinite(value) && value >= 1 ? Math.round(value) : null;
}

/** Reads a whole number of at least one; null otherwise. */
export function parseCount(text: string): number | null {
  const digits = text.replace(/[\s,_]/g, '');
  return /^\d{1,9}$/.test(digits) && Number(digits) >= 1 ? Number(digits) : null;
}
