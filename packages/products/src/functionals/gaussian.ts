/**
 * Degree weights of a Gaussian averaging kernel on the sphere, normalized to W₀ = 1.
 *
 * Jekeli's recursion W_{n+1} = W_{n−1} − (2n+1)/b·W_n with b = ln 2 / (1 − cos(r/a)) loses all digits when it is
 * run upwards once W_n has become small. The same recursion is therefore run downwards, as a continued fraction
 * for the ratios W_n/W_{n−1}, which converges for every radius and degree.
 *
 * @param maxDegree highest degree wanted
 * @param smoothingRadius distance along the surface at which the kernel has fallen to one half, m; 0 = no smoothing
 * @param earthRadius radius of the sphere, m
 * @returns maxDegree + 1 weights, dimensionless
 * @throws RangeError for a negative or non-finite radius, or one beyond half the circumference
 * Source: Jekeli (1981), OSU report 327; Wahr, Molenaar, Bryan (1998), eq. 32–34 (there with a factor 1/2π).
 */
export function gaussianWeights(
  maxDegree: number,
  smoothingRadius: number,
  earthRadius = 6378136.3,
): Float64Array {
  if (!(smoothingRadius >= 0) || !(smoothingRadius <= Math.PI * earthRadius)) {
    throw new RangeError(
      `smoothingRadius must lie between 0 and ${Math.PI * earthRadius} m: ${smoothingRadius}`,
    );
  }
  const weights = new Float64Array(maxDegree + 1);
  if (smoothingRadius === 0) return weights.fill(1);
  // 1 − cos x = 2 sin²(x/2) keeps the digits for small radii.
  const b = Math.LN2 / (2 * Math.sin(smoothingRadius / earthRadius / 2) ** 2);
  // A wrong start value fades with exp(−N²/b), so 8√b further degrees are ample for double precision.
  const start = maxDegree + Math.ceil(8 * Math.sqrt(b)) + 50;
  const ratios = new Float64Array(maxDegree + 1);
  let ratio = 0;
  for (let n = start; n >= 1; n--) {
    ratio = 1 / ((2 * n + 1) / b + ratio);
    if (n <= maxDegree) ratios[n] = ratio;
  }
  weights[0] = 1;
  for (let n = 1; n <= maxDegree; n++) weights[n] = weights[n - 1] * ratios[n];
  return weights;
}
