/** Cursors: the strings by which clients say how far they have come in a stream. */
import { createHash } from 'node:crypto';
import type { Position } from '../stores/event-log/event-log.ts';
import { parseSnapshotVersions, formatSnapshotVersions, type SnapshotVersions } from './snapshot-versions.ts';

/** What a cursor says. */
export interface CursorPosition extends Position {
  /** When the event at this position happened, or when the cursor was made if there was none; milliseconds since the Unix epoch. */
  readonly at: number;
  /** For a cursor of a snapshot: the versions that it showed, which may be ahead of the position. */
  readonly snapshotVersions?: SnapshotVersions | null;
}

/** What a client sent as a cursor is none, or one of another stream. */
export class InvalidCursorError extends Error {
  constructor() {
    super('This is not a cursor of this stream.');
    this.name = 'InvalidCursorError';
  }
}

/** No log has this epoch, so that whoever comes back with such a cursor begins with a snapshot. */
const noEpoch = '-';

/** A few characters of a hash, by which a cursor of another topic is recognised. */
function topicTag(topic: string): string {
  return createHash('sha256').update(topic).digest('base64url').slice(0, 6);
}

const pattern =
  /^([A-Za-z0-9_-]{1,32})\.(\d{1,15})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{6})(?:\.([A-Za-z0-9_~-]+))?$/;

/** Reads and writes the cursors of one topic. Hashes the topic's key once. */
export function createCursorFormat(topic: string) {
  const tag = topicTag(topic);
  return {
    format({ epoch, offset, at, snapshotVersions }: CursorPosition): string {
      const more = snapshotVersions ? `.${formatSnapshotVersions(snapshotVersions)}` : '';
      return Buffer.from(`${epoch}.${offset}.${at.toString(36)}.${tag}${more}`, 'latin1').toString(
        'base64url',
      );
    },
    /** A cursor that leads to a snapshot of what was changed since `at`. */
    formatRestart(at: number): string {
      return this.format({ epoch: noEpoch, offset: 0, at });
    },
    /** Undefined when the text is no cursor, or one of another topic. */
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
