import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './errors.js';
import type { RequestEnd } from './request-end.js';

export interface PressureLimits {
  readonly maxRequestsInFlight: number;
  readonly maxEventLoopDelayMilliseconds: number;
}

const SAMPLE_MILLISECONDS = 500;
const RESOLUTION_MILLISECONDS = 10;
const RETRY_SECONDS = 2;

const shed = new WeakSet<FastifyRequest>();

/** Whether a request was turned away because of overload. Such requests leave no audit row: that would be more load. */
export function wasShed(request: FastifyRequest): boolean {
  return shed.has(request);
}

/** Mean delay of the event loop, over the limit in two windows in a row. One long callback is no overload. */
function watchEventLoop(limitMilliseconds: number): { late(): boolean; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
  histogram.enable();
  let windowsOver = 0;
  const timer = setInterval(() => {
    const mean = histogram.mean / 1e6 - RESOLUTION_MILLISECONDS;
    histogram.reset();
    windowsOver = mean > limitMilliseconds ? windowsOver + 1 : 0;
  }, SAMPLE_MILLISECONDS);
  timer.unref();
  return {
    late: () => windowsOver >= 2,
    stop() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

/**
 * Turns requests away with 503 and Retry-After while too many are under way or the event loop is late: those that are
 * let in get answers in time. Probes and metrics are always let in, so are streams once they run.
 */
export function installPressureRelief(
  app: FastifyInstance,
  requestEnd: RequestEnd,
  limits: PressureLimits,
): void {
  const loop = watchEventLoop(limits.maxEventLoopDelayMilliseconds);
  const counted = new WeakSet<FastifyRequest>();
  let inFlight = 0;
  app.addHook('onClose', async () => loop.stop());
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    // Routes without a rate limit are the probes and the metrics.
    if ((config as { rateLimit?: unknown }).rateLimit === false) return;
    if (inFlight >= limits.maxRequestsInFlight || loop.late()) {
      shed.add(request);
      throw new HttpError(503, 'The server has too much to do; try again later', [], {
        'retry-after': String(RETRY_SECONDS),
      });
    }
    // A stream or a file may last for hours at no cost.
    if (config.streams === true || config.longBody === true) return;
    counted.add(request);
    inFlight += 1;
  });
  requestEnd.listen((request) => {
    if (counted.delete(request)) inFlight -= 1;
  });
}
