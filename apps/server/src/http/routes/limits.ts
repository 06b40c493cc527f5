import { highestDegree } from '@gravity/recovery';
import { knownSatellites } from '../../missions.js';
import { memoryByDegree, memoryUse } from '../../tasks/process/check-memory.js';
import { HIGHEST_NORMALS_DEGREE } from '../../tasks/process/request.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { JsonObject } from '../schemas/common.js';
import { algorithms, fieldProducts, limits, orbitProducts } from '../schemas/operations.js';
import {
  noiseModels,
  noiseScopes,
  regularizationWeights,
  stochasticLimits,
  varianceScopes,
} from '../schemas/process-options.js';

const DEGREES_SHOWN = [60, 90, 120, 150, 180];

import { readQuota } from './quotas.js';

/** What a client may ask for, so that it need not find out by errors. */
export function limitRoutes(api: Api, { config, db, jobs }: AppContext): void {
  api.get(
    '/limits',
    {
      schema: {
        operationId: 'getLimits',
        tags: ['system'],
        summary: 'Limits, supported values and the queue',
        response: { 200: JsonObject },
      },
    },
    async (request) => {
      const [pending, running, quota] = await Promise.all([
        jobs.list({ status: 'pending', skip: 0, limit: 1 }),
        jobs.list({ status: 'running', skip: 0, limit: 1 }),
        readQuota(db, config.quotas, principalOf(request).id),
      ]);
      return {
        requests: {
          rate_per_minute: config.rateLimitPerMinute,
          body_bytes: config.bodyLimitBytes,
          upload_bytes: config.uploadLimitBytes,
          page_items: 1000,
        },
        processing: {
          algorithms,
          output_products: fieldProducts,
          orbit_products: orbitProducts,
          degree_max: { min: limits.degreeMin, max: limits.degreeMax },
          interval_days: limits.intervalDays,
          time_step_seconds: limits.timeStepSeconds,
          arc_length_hours: limits.arcLengthHours,
          iterations: { min: 1, max: limits.iterations },
          noise_models: noiseModels,
          noise_scopes: noiseScopes,
          noise_order_max: stochasticLimits.maxOrder,
          variance_components: varianceScopes,
          stochastic_iterations: { min: 1, max: stochasticLimits.maxIterations },
          regularization_weights: regularizationWeights,
          normals_degree_max: HIGHEST_NORMALS_DEGREE,
          memory: {
            limit_bytes: config.memoryLimitBytes,
            degree_max: highestDegree(
              memoryUse({ ...limits, outputProducts: [] }),
              config.memoryLimitBytes,
              limits.degreeMax,
            ),
            bytes_by_degree: memoryByDegree(DEGREES_SHOWN),
          },
        },
        satellites: knownSatellites().map(({ name, mission, aliases }) => ({ name, mission, aliases })),
        quota,
        queue: { pending: pending.total, running: running.total, slots_per_worker: config.jobConcurrency },
      };
    },
  );
}
