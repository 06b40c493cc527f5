import type { FastifyRequest, FastifyServerOptions } from 'fastify';

const secretPaths = [
  'req.headers.authorization',
  'req.headers["x-api-key"]',
  'req.headers.cookie',
  'authorization',
  'password',
  'access_token',
  'refresh_token',
  'client_secret',
  'key',
  '*.authorization',
  '*.password',
  '*.access_token',
  '*.refresh_token',
  '*.client_secret',
  '*.key',
];

/** JSON logs; no query strings (signed links carry their signature there), no credentials. */
export function loggerOptions(
  level: string,
  stream?: { write(line: string): void },
): Exclude<FastifyServerOptions['logger'], boolean | undefined> {
  return {
    level,
    redact: { paths: secretPaths, censor: '[redacted]' },
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        url: request.url.split('?', 1)[0],
        ip: request.ip,
      }),
    },
    ...(stream !== undefined && { stream }),
  };
}
