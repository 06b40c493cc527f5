import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** The start page: the folder given by whoever starts the server, else the addresses as JSON. */
export async function installWeb(app: FastifyInstance, webRoot: string | undefined): Promise<void> {
  if (webRoot !== undefined && existsSync(join(webRoot, 'index.html'))) {
    await app.register(fastifyStatic, { root: webRoot, wildcard: false, index: 'index.html' });
    return;
  }
  app.get('/', async () => ({
    name: 'Gravity Processing Backend',
    documentation: ['/docs', '/redoc', '/openapi.json'],
    health: '/health',
    metrics: '/metrics',
  }));
}
