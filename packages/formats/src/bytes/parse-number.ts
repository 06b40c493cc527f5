import { latin1 } from './line-buffer.js';

/** Powers of ten as unevaluated sums high + low, each correctly rounded: 106 bits. */
const MAX_POWER = 60;
const POWER_HIGH = new Float64Array(2 * MAX_POWER + 1);
const POWER_LOW = new Float64Array(2 * MAX_POWER + 1);
for (let e = -MAX_POWER; e <= MAX_POWER; e++) {
  const high = Number(`1e${e}`);
  POWER_HIGH[e + MAX_POWER] = high;
  POWER_LOW[e + MAX_POWER] = remainderOfPower(e, high);
}

/** 10^e − high, rounded to a double, by exact integer arithmetic. */
function remainderOfPower(e: number, high: number): number {
  if (e >= 0) return Number(10n ** BigInt(e) - BigInt(high));
  const shift = 600n;
  const scaledHigh = BigInt(high * 2 ** 300) << (shift - 300n); // exact: high ≥ 1e-60 has its last bit above 2^-253
  const difference = (1n << shift) / 10n ** BigInt(-e) - scaledHigh;
  return Number(difference >> 200n) * 2 ** -400;
}

const SPLITTER = 134217729; // 2^27 + 1 (Dekker 1971)
const TWO_53 = 9007199254740992;

/**
 * The double nearest to the decimal number in bytes[start, end), identical to `Number()` of the same text.
 *
 * Up to 16 digits and small exponents are exact in one multiplication or division; larger exponents use the
 * product in double-double arithmetic, which is accepted only when its error bound cannot cross a rounding
 * boundary; everything else goes to `Number()`. A Fortran exponent letter D or d counts as E.
 *
 * @returns NaN when the bytes are not a plain decimal number (also for the words nan and inf)
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  let negative = false;
  const sign = bytes[i];
  if (sign === 45) {
    negative = true;
    i++;
  } else if (sign === 43) i++;
  let mantissa = 0;
  let exponent = 0;
  let last = 0;
  const first = i;
  for (; i < end; i++) {
    const d = bytes[i] - 48;
    if (d < 0 || d > 9) break;
    mantissa = mantissa * 10 + d;
    last = d;
  }
  let digits = i - first;
  if (i < end && bytes[i] === 46) {
    const point = ++i;
    for (; i < end; i++) {
      const d = bytes[i] - 48;
      if (d < 0 || d > 9) break;
      mantissa = mantissa * 10 + d;
      last = d;
    }
    exponent = point - i;
    digits += i - point;
  }
  if (digits === 0) return Number.NaN;
  if (i < end) {
    const letter = bytes[i] | 32;
    if (letter !== 101 && letter !== 100) return Number.NaN;
    i++;
    let negativeExponent = false;
    if (i < end && bytes[i] === 45) {
      negativeExponent = true;
      i++;
    } else if (i < end && bytes[i] === 43) i++;
    if (i >= end) return Number.NaN;
    let written = 0;
    for (; i < end; i++) {
      const d = bytes[i] - 48;
      if (d < 0 || d > 9) return Number.NaN;
      if (written < 100000) written = written * 10 + d;
    }
    exponent += negativeExponent ? -written : written;
  }
  if (mantissa === 0) return negative ? -0 : 0;
  // below 2^53 every step of the sum was exact; of a 16-digit number above, all but the last digit
  if (mantissa < TWO_53) {
    if (exponent === 0) return negative ? -mantissa : mantissa;
    if (exponent < 0 && exponent >= -22) {
      const value = mantissa / POWER_HIGH[MAX_POWER - exponent];
      return negative ? -value : value;
    }
    if (exponent > 0 && exponent <= 22) {
      const value = mantissa * POWER_HIGH[MAX_POWER + exponent];
      return negative ? -value : value;
    }
  }
  if (mantissa < 1e16 && exponent >= -MAX_POWER && exponent <= MAX_POWER) {
    const value = scaleByPower(mantissa, roundedAway(mantissa, last), exponent);
    if (value >= 0) return negative ? -value : value;
  }
  return slowNumber(bytes, start, end);
}

/**
 * What the mantissa lost when its last digit was added: above 2^53 doubles are even, so an odd last digit was
 * rounded up or down by one.
 */
function roundedAway(mantissa: number, last: number): number {
  if (mantissa < TWO_53 || last % 2 === 0) return 0;
  return mantissa % 10 === last - 1 ? 1 : -1;
}

/** (mantissa + rest)·10^exponent correctly rounded, or −1 when double-double cannot decide the rounding. */
function scaleByPower(mantissa: number, rest: number, exponent: number): number {
  const high = POWER_HIGH[exponent + MAX_POWER];
  const product = mantissa * high;
  const a = SPLITTER * mantissa;
  const mantissaHigh = a - (a - mantissa);
  const mantissaLow = mantissa - mantissaHigh;
  const b = SPLITTER * high;
  const powerHigh = b - (b - high);
  const powerLow = high - powerHigh;
  const error =
    mantissaLow * powerLow -
    (product - mantissaHigh * powerHigh - mantissaLow * powerHigh - mantissaHigh * powerLow);
  const tail = error + mantissa * POWER_LOW[exponent + MAX_POWER] + rest * high;
  const bound = product * 2 ** -98;
  const upper = product + (tail + bound);
  return upper === product + (tail - bound) ? upper : -1;
}

function slowNumber(bytes: Uint8Array, start: number, end: number): number {
  return Number(latin1(bytes, start, end).replace(/[dD]/, 'e'));
}

/** A decimal number (Fortran exponents included) in a string; NaN when it is none. */
export function parseDecimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/.test(text)
    ? Number(text.replace(/[dD]/, 'e'))
    : Number.NaN;
}
