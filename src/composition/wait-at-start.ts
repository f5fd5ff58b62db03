/** Waits at the start for what is away: without it nothing can be served, but it is starting too, or moves to another machine. */
import { resolve } from 'node:path';
import { backoff } from '../lib/backoff.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { AppContext } from './app-context.ts';

/** The longest pause between two attempts, milliseconds. */
const maxPauseMs = 2_000;

/**
 * Does `work` again until nothing is away that it needs. What is wrong for good, such as a password, rejects at once; so does the
 * end of the service.
 */
export async function whenReachable<T>(
  { config, clock, log, closing }: Pick<AppContext, 'config' | 'clock' | 'log' | 'closing'>,
  work: () => Promise<T>,
): Promise<T> {
  const { setting, ...database } = describeDatabase(config);
  const pauses = backoff({ firstMs: 100, maxMs: maxPauseMs });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const made = await work();
      if (attempt > 1) log.info({ attempts: attempt, ...database }, `${setting} is there`);
      return made;
    } catch (error) {
      if (!(error instanceof Unavailable) || closing.aborted) throw error;
      if (attempt === 1)
        log.warn({ err: error, ...database }, `${setting} cannot be reached yet, and is waited for`);
      await clock.sleep(pauses.next().value, closing);
      closing.throwIfAborted();
    }
  }
}

function describeDatabase({ record }: AppContext['config']) {
  return record.kind === 'postgres'
    ? { setting: 'PostgreSQL (DATABASE_URL)', server: record.server }
    : { setting: 'the database (DATA_DIR)', path: resolve(record.dataDir) };
}
