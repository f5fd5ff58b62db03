/** Whose sessions were ended: read from the record before anybody is served, told by other processes, and read again and again. */
import { SessionEnds } from '../../auth/sessions/session-ends.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { Burst } from '../../lib/burst.ts';
import { repeat } from '../../lib/repeat.ts';
import { SessionEndRecord } from '../../modules/index.ts';
import { logFailure } from '../../observability/log-failure.ts';
import type { AppContext } from '../app-context.ts';
import { EndReader } from './end-reader.ts';
import { whenReachable } from '../wait-at-start.ts';

export interface OpenSessionEnds {
  readonly ends: SessionEnds;
  readonly record: SessionEndRecord;
}

/**
 * Whoever did not hear of an end reads it by then, milliseconds: also while Redis is there. A message of Redis may be lost, and a process
 * may die when an end is committed and nobody was told; no one hears that something was not said. It is one read of an index.
 */
const lookEveryMs = 500;
const deleteEveryMs = 60 * 60_000;

/** `context` with the clock by which the record is dated. */
export async function openSessionEnds(
  context: AppContext,
  database: Database,
  keys: MutationKeys,
): Promise<OpenSessionEnds> {
  const { clock, log, parts } = context;
  const record = new SessionEndRecord({ database, keys, clock });
  const ends = new SessionEnds({
    clock,
    onOutlived: (viewer, expiresAt) => {
      record.extend(viewer, expiresAt).catch((err: unknown) => {
        logFailure(log, { err, viewer }, 'the end of a session could not be kept for longer');
      });
    },
  });
  const reader = new EndReader(record, ends, clock);
  await whenReachable(context, () => reader.readAll());
  const failures = new Burst(clock);
  const onError = (err: unknown) => {
    const first = failures.note();
    // Where the database is away, others say what happened; where both are, nobody can.
    if (first) log.warn({ err, ...first }, 'whose sessions were ended could not be read');
  };
  parts.add(
    'the reader of ended sessions',
    repeat({ clock, everyMs: lookEveryMs, run: () => reader.look(), onError }),
  );
  const deleteExpired = async () => {
    const deleted = await record.deleteExpired();
    if (deleted > 0)
      log.info({ deleted }, 'ends of sessions were deleted: no token of before lives any more');
  };
  parts.add(
    'the deletion of ended sessions',
    repeat({ clock, everyMs: deleteEveryMs, firstMs: 0, run: deleteExpired, onError }),
  );
  return { ends, record };
}
