/** Owns the form of cursors: what clients hold to say how far they have come. */
import { createHash } from 'node:crypto';
import type { Position } from '../stores/event-log/event-log.ts';
import { parseSnapshotVersions, formatSnapshotVersions, type SnapshotVersions } from './snapshot-versions.ts';

/** A cursor, taken apart. */
export interface CursorPosition extends Position {
  /** When its event happened, milliseconds since the Unix epoch; when the cursor was made, where it names no event. */
  readonly at: number;
  /** Of a snapshot: what it showed beyond that position. */
  readonly snapshotVersions?: SnapshotVersions | null;
}

/** What a client sent as a cursor is none, or one of another stream. */
export class InvalidCursorError extends Error {
  constructor() {
    super('This is not a cursor of this stream.');
    this.name = 'InvalidCursorError';
  }
}

/** No log has this epoch: whoever comes back with such a cursor begins with a snapshot. */
const noEpoch = '-';

/** First bytes of a hash, enough to tell a cursor of another topic from our own. */
function topicTag(topic: string): string {
  return createHash('sha256').update(topic).digest('base64url').slice(0, 6);
}

const pattern =
  /^([A-Za-z0-9_-]{1,32})\.(\d{1,15})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{6})(?:\.([A-Za-z0-9_~-]+))?$/;

/** Makes cursors of one topic without hashing its key again. */
export function createCursorFormat(topic: string) {
  const tag = topicTag(topic);
  return {
    format({ epoch, offset, at, snapshotVersions: snapshotVersions }: CursorPosition): string {
      const more = snapshotVersions ? `.${formatSnapshotVersions(snapshotVersions)}` : '';
      return Buffer.from(`${epoch}.${offset}.${at.toString(36)}.${tag}${more}`, 'latin1').toString(
        'base64url',
      );
    },
    /** Leads to a snapshot of what was changed since `at`. */
    formatAnew(at: number): string {
      return this.format({ epoch: noEpoch, offset: 0, at });
    },
    /** Undefined when it is not a cursor, or one of another topic. */
    parse(cursor: string): CursorPosition | undefined {
      const match = pattern.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
      if (!match || match[4] !== tag) return undefined;
      return {
        epoch: match[1]!,
        offset: Number(match[2]),
        at: parseInt(match[3]!, 36),
        ...(match[5] !== undefined && { snapshotVersions: parseSnapshotVersions(match[5]) }),
      };
    },
  };
}

export type CursorFormat = ReturnType<typeof createCursorFormat>;
