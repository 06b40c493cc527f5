import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { type Environment, integer } from './config-values.js';

/** Share of the memory that is there; the rest is for the system, the database and its caches. */
const SHARE = 0.8;
const LEAST_BYTES = 256e6;

/**
 * What one process job may take: GRAVITY_MEMORY_LIMIT_BYTES, or its share of what the machine, or the container, has.
 * Throws ConfigError naming the variable.
 */
export function memoryLimit(env: Environment, jobConcurrency: number): number {
  const fallback = Math.max(LEAST_BYTES, Math.floor((SHARE * memoryOfProcess()) / jobConcurrency));
  return integer(env, 'GRAVITY_MEMORY_LIMIT_BYTES', fallback, LEAST_BYTES, Number.MAX_SAFE_INTEGER);
}

/** Of the container where there is a limit. Without one the system states zero, or more than the machine has. */
function memoryOfProcess(): number {
  const constrained = constrainedMemory() ?? 0;
  const machine = totalmem();
  return constrained > 0 && constrained < machine ? constrained : machine;
}
