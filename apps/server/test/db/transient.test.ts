import {
  DatabaseError,
  DatabaseUnavailableError,
  isConnectionError,
  isTransientError,
  retryTransient,
} from '@gravity/server';
import { describe, expect, it } from 'vitest';

const state = (code: string) => new DatabaseError({ message: code, code });

describe('transient errors', () => {
  // PostgreSQL 15, appendix A
  it.each(['08000', '08003', '08006', '57P01', '57P02', '57P03', '53300', 'ECONNRESET', 'ECONNREFUSED'])(
    '%s is one of the connection',
    (code) => {
      expect(isConnectionError(state(code))).toBe(true);
      expect(isTransientError(state(code))).toBe(true);
    },
  );

  it.each(['40001', '40P01'])('%s is a conflict: again, but the connection is good', (code) => {
    expect(isConnectionError(state(code))).toBe(false);
    expect(isTransientError(state(code))).toBe(true);
  });

  it.each(['23505', '22P02', '42P01', '57014', '53200', '28P01', '3D000'])('%s is for good', (code) => {
    expect(isTransientError(state(code))).toBe(false);
  });

  it('knows errors without a code, and those of several addresses', () => {
    expect(isTransientError(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransientError(new DatabaseUnavailableError('unreachable', 'x'))).toBe(true);
    expect(isTransientError(new DatabaseUnavailableError('closed', 'x'))).toBe(false);
    expect(
      isTransientError(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])),
    ).toBe(true);
    expect(isTransientError(new Error('attempt 1 no longer owns the job'))).toBe(false);
    expect(isTransientError(undefined)).toBe(false);
  });
});

describe('retryTransient', () => {
  it('goes on until it works, and tells the attempt', async () => {
    const attempts: number[] = [];
    const result = await retryTransient(
      async (attempt) => {
        attempts.push(attempt);
        if (attempt < 3) throw state('40001');
        return 'done';
      },
      { pauseMilliseconds: 1 },
    );
    expect(result).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('gives up after the tries, and at once on other errors', async () => {
    let count = 0;
    const failing = (code: string) => async () => {
      count += 1;
      throw state(code);
    };
    await expect(retryTransient(failing('40P01'), { tries: 4, pauseMilliseconds: 1 })).rejects.toMatchObject({
      code: '40P01',
    });
    expect(count).toBe(4);
    count = 0;
    await expect(retryTransient(failing('23505'))).rejects.toMatchObject({ code: '23505' });
    expect(count).toBe(1);
  });

  it('stops waiting when it is told to', async () => {
    const controller = new AbortController();
    const waiting = retryTransient(() => Promise.reject(state('08006')), {
      signal: controller.signal,
      pauseMilliseconds: 4000,
    });
    setTimeout(() => controller.abort(), 20);
    const started = performance.now();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
