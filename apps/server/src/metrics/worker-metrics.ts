import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { QUEUE_NAMES } from '../config-services.js';
import type { JobSystem } from '../jobs/open-job-system.js';

/** Figures of a process that only works on jobs. Those of the queues as a whole are at the API. */
export function createWorkerMetrics(
  system: JobSystem,
  version: string,
): { readonly contentType: string; render(): Promise<string> } {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'gravity_build_info',
    help: 'Version of the running software.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);
  addRunningGauge(registry, system);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

/** Adds the jobs at work in this process. */
export function addRunningGauge(registry: Registry, { runner }: Pick<JobSystem, 'runner'>): void {
  new Gauge({
    name: 'gravity_worker_running',
    help: 'Jobs at work in this process.',
    labelNames: ['queue'],
    registers: [registry],
    collect() {
      for (const queue of QUEUE_NAMES) {
        if (queue === 'arcs') continue;
        this.set({ queue }, runner.running.filter(({ type }) => type === queue).length);
      }
    },
  });
}
