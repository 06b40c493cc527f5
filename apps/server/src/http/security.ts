import compress from '@fastify/compress';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { SharedState } from '../cache/shared-state.js';
import type { ServerConfig } from '../config.js';
import { HttpError } from './errors.js';
import { createRateLimitStore } from './rate-limit-store.js';

/** Headers, origins, request rate, compression: what holds for every route. */
export async function installSecurity(
  app: FastifyInstance,
  config: ServerConfig,
  shared: SharedState,
): Promise<void> {
  const isHttps = config.baseUrl.startsWith('https:');
  await app.register(helmet, {
    // Swagger UI and ReDoc style their elements in place and search in a worker made from a blob.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
      },
    },
    hsts: isHttps ? { maxAge: 15_552_000 } : false,
  });
  const anyOrigin = config.corsOrigins.includes('*');
  await app.register(cors, {
    origin: anyOrigin ? '*' : config.corsOrigins.length === 0 ? false : [...config.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'X-API-Key',
      'Idempotency-Key',
      'Last-Event-ID',
      'If-None-Match',
      'Range',
    ],
    exposedHeaders: [
      'Location',
      'ETag',
      'Idempotency-Replayed',
      'X-Request-Id',
      'Retry-After',
      'Content-Disposition',
      'Content-Range',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Checksum-SHA256',
      'Deprecation',
      'Sunset',
      'Link',
    ],
    maxAge: 600,
    strictPreflight: false,
  });
  await app.register(rateLimit, {
    max: config.rateLimitPerMinute,
    timeWindow: '1 minute',
    store: createRateLimitStore(shared),
    // RateLimit-Limit, -Remaining and -Reset, as the IETF draft names them.
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new HttpError(429, `More than ${max} requests in a minute; try again in ${Math.ceil(ttl / 1000)} s`),
  });
  await app.register(compress, { globalDecompression: false, threshold: 1024 });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
  });
  // A compressed body could unfold to any size; none is taken.
  app.addHook('onRequest', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
      throw new HttpError(415, 'Compressed request bodies are not supported');
    }
  });
}
