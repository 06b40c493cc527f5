/**
 * Stands in for the recovery package where a test is about the machinery around it. An arc whose range rates begin
 * with 666 burns CPU without ever coming back to its event loop; one beginning with 404 cannot be used, one with 500
 * fails without a reason; from 1000 on the mark is the time it takes in milliseconds.
 */
export async function computeNormals(setup, arc, _la, options = {}) {
  const mark = arc.ranging?.rangeRate[0];
  if (mark === 666) for (;;) Math.sqrt(Math.random());
  if (mark === 500) throw new Error('the machine is on fire');
  if (mark >= 1000) {
    for (let i = 0; i < 10; i++) {
      options.onProgress?.(i / 10, 'waiting');
      await new Promise((resolve) => setTimeout(resolve, mark / 10));
    }
  }
  if (mark === 404)
    throw Object.assign(new Error('orbit diverged'), { name: 'ArcError', code: 'orbit_diverged' });
  const n = (setup.degreeMax + 1) ** 2 - setup.degreeMin ** 2;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1e18;
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    parameterCount: n,
    matrix,
    rightHandSide: new Float64Array(n).fill(mark),
    weightedSquareSum: 1,
    observationCount: arc.ranging.gpsSeconds.length,
    compression: { applied: false, rows: 120, truncation: 0 },
    arcParameterCount: 12,
    residuals: [],
    orbitIterations: 1,
  };
}
export { addArcNormals, emptyNormals, solveRegularized } from '@gravity/recovery';
