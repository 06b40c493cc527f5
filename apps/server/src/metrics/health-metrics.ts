import { Gauge, type Registry } from 'prom-client';
import type { Health } from '../http/health.js';

/** Adds gauges of the parts; the returned function brings them up to date. */
export function addHealthGauges(registry: Registry, health: Health): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({
    name: 'gravity_component_up',
    help: '1 when the part answers: database, database_replica, object_store, redis, jobs, disk and others.',
    labelNames: ['component'],
    registers,
  });
  const seconds = new Gauge({
    name: 'gravity_component_latency_seconds',
    help: 'Time the part took to answer the last look, s.',
    labelNames: ['component'],
    registers,
  });
  const lag = new Gauge({
    name: 'gravity_database_replica_lag_seconds',
    help: 'How far the read replica is behind, s; 0 without one.',
    registers,
  });
  const free = new Gauge({
    name: 'gravity_disk_free_bytes',
    help: 'Free space of the data folder, bytes.',
    registers,
  });
  const size = new Gauge({
    name: 'gravity_disk_size_bytes',
    help: 'Size of the file system of the data folder, bytes.',
    registers,
  });
  return async () => {
    const { components } = await health.read();
    for (const [component, { status, milliseconds }] of Object.entries(components)) {
      up.set({ component }, status === 'down' ? 0 : 1);
      if (milliseconds !== undefined) seconds.set({ component }, milliseconds / 1000);
    }
    const { disk, database_replica: replica } = components;
    if (typeof disk?.free_bytes === 'number') free.set(disk.free_bytes);
    if (typeof disk?.size_bytes === 'number') size.set(disk.size_bytes);
    if (typeof replica?.lag_seconds === 'number') lag.set(replica.lag_seconds);
  };
}
