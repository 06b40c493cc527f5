import { TaskError } from '../../jobs/task.js';
import type { ProcessRequest } from './request.js';
import type { ArcSummary } from './summary.js';

/** Of a low orbit, s: what satellites at 250 to 550 km need at least, so that no interval is judged too short. */
const REVOLUTION_SECONDS = 5370;

type Sought = Pick<ProcessRequest, 'degreeMin' | 'degreeMax' | 'regularization'>;

const isFree = ({ regularization: { kaula, tikhonov } }: Sought): boolean => kaula === 0 && tikhonov === 0;

const WHAT_TO_DO = 'lower degree_max, extend the interval, or regularize (regularization.kaula)';

/**
 * Whether the ground tracks of the interval can resolve the degree: M revolutions cross the equator 2M times, which
 * determines orders up to M. Up to twice as much may come out where the range rates along the track help, with large
 * errors; beyond that the normals are singular.
 *
 * @returns a warning between M and 2M; none with a regularization
 * @throws TaskError `degree_beyond_data` beyond 2M
 */
export function checkRevolutions(
  request: Sought,
  { startGpsSeconds, endGpsSeconds }: { readonly startGpsSeconds: number; readonly endGpsSeconds: number },
): string | undefined {
  if (!isFree(request)) return undefined;
  const revolutions = Math.ceil((endGpsSeconds - startGpsSeconds) / REVOLUTION_SECONDS);
  const { degreeMax } = request;
  // Degree 2 needs orders to 2 only, which the rotation of the Earth brings within a revolution.
  const hardly = Math.max(2, revolutions);
  const most = Math.max(4, 2 * revolutions);
  if (degreeMax > most) {
    const message = `degree ${degreeMax} is beyond the data: ${revolutions} revolutions cross the equator ${2 * revolutions} times and determine orders to about ${hardly}; ${WHAT_TO_DO}`;
    throw new TaskError('degree_beyond_data', message, [{ field: 'degree_max', message }]);
  }
  return degreeMax > hardly
    ? `degree_max ${degreeMax} is high for ${revolutions} revolutions, which determine orders to about ${hardly}: expect large errors; ${WHAT_TO_DO}`
    : undefined;
}

/**
 * Whether the observations outnumber the parameters.
 *
 * @throws TaskError `degree_beyond_data` naming the degree that they could determine
 */
export function checkDetermined(request: Sought, arcs: readonly ArcSummary[]): void {
  if (!isFree(request)) return;
  const { degreeMin, degreeMax } = request;
  const coefficients = (degreeMax + 1) ** 2 - degreeMin ** 2;
  const count = arcs.reduce((sum, arc) => sum + arc.observationCount, 0);
  const own = arcs.reduce((sum, arc) => sum + arc.arcParameterCount, 0);
  const left = count - own;
  if (left > coefficients) return;
  const highest = Math.floor(Math.sqrt(Math.max(0, left - 1) + degreeMin ** 2)) - 1;
  const hint = highest >= degreeMin ? `, enough for degree ${highest}` : '';
  const message = `degree ${degreeMax} is beyond the data: ${coefficients} coefficients, but ${count} observations of which the arcs' own ${own} parameters leave ${Math.max(0, left)}${hint}; ${WHAT_TO_DO}`;
  throw new TaskError('degree_beyond_data', message, [{ field: 'degree_max', message }]);
}
