/**
 * A double as C prints it with %.16g; with 17 digits where 16 do not give the same double back. Release 04 files
 * are written with %.16g.
 */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? '-0' : String(value);
  if (!Number.isFinite(value)) throw new RangeError(`not a finite number: ${value}`);
  let text = value.toExponential(15);
  let precision = 16;
  if (Number(text) !== value) {
    text = value.toExponential(16);
    precision = 17;
  }
  const at = text.indexOf('e');
  const exponent = Number(text.slice(at + 1));
  const sign = text.charAt(0) === '-' ? '-' : '';
  const digits = (text.charAt(sign.length) + text.slice(sign.length + 2, at)).replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= precision) {
    const mantissa = digits.length > 1 ? `${digits.charAt(0)}.${digits.slice(1)}` : digits;
    const size = Math.abs(exponent);
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
