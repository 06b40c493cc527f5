/** Round tick values (1, 2, 2.5 or 5 times a power of ten apart) within a range. */
export function linearTicks(min: number, max: number, wanted = 6): number[] {
  if (!(max > min)) return [min];
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i++) ticks.push(i * step);
  return ticks;
}

/** Powers of ten within a range of positive numbers. */
export function decadeTicks(min: number, max: number): number[] {
  const ticks: number[] = [];
  for (let e = Math.ceil(Math.log10(min) - 1e-9); e <= Math.log10(max) + 1e-9; e++) ticks.push(10 ** e);
  return ticks;
}

/** A number as text with as many digits as the distance between ticks needs, and a real minus sign. */
export function tickLabel(value: number, step: number): string {
  if (value === 0 || Math.abs(value) < 1e-9 * step) return '0';
  const magnitude = Math.max(Math.abs(value), step);
  const text =
    magnitude >= 1e5 || step < 1e-4
      ? value
          .toExponential(2)
          .replace(/\.?0+e/, 'e')
          .replace('e+', 'e')
      : value.toFixed(decimals(step));
  return text.replace(/-/g, '−');
}

function decimals(step: number): number {
  for (let digits = 0; digits < 8; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 8;
}

/** The next number above that is 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((f) => f * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** 10 to a whole power with superscript digits. */
export function powerLabel(value: number): string {
  const exponent = Math.round(Math.log10(value));
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** Units as readers write them: exponents raised. */
export function unitLabel(unit: string): string {
  if (unit === '1') return '';
  return unit.replace(/([a-z])(-?)(\d)\b/gi, (_, symbol: string, minus: string, digit: string) => {
    return `${symbol}${minus ? '⁻' : ''}${SUPERSCRIPTS[Number(digit)]}`;
  });
}
