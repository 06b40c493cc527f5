import type { FastifyInstance } from 'fastify';

export interface KnownRoute {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

/** Fills as routes are added; needed to tell 405 from 404. Static file wildcards do not count. */
export function collectRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (url.endsWith('*')) return;
    routes.push({ methods: Array.isArray(method) ? method : [method], segments: url.split('/') });
  });
  return routes;
}

/** Methods with a route for this path; empty when the path is unknown. */
export function allowedMethods(routes: readonly KnownRoute[], path: string): string[] {
  const segments = path.split('/');
  const matches = routes.filter(
    (route) =>
      route.segments.length === segments.length &&
      route.segments.every((segment, i) =>
        segment.startsWith(':') ? segments[i] !== '' : segment === segments[i],
      ),
  );
  return [...new Set(matches.flatMap((route) => route.methods))].sort();
}
