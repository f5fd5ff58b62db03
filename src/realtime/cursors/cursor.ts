/** Cursors: the strings by which clients say how far they have come in a stream. */
import { createHash } from 'node:crypto';
import { base36 } from '../../lib/text/base36.ts';
import type { Position } from '../../stores/event-log/event-log.ts';
import { signatureLength, type CursorKeys } from './cursor-keys.ts';
import { parseSnapshotVersions, formatSnapshotVersions, type SnapshotVersions } from './snapshot-versions.ts';

/** What a cursor says. */
export interface CursorPosition extends Position {
  /** When the event at this position happened, or when the cursor was made if there was none; milliseconds since the Unix epoch. */
  readonly at: number;
  /** For a cursor of a snapshot: the versions that it showed, which may be ahead of the position. */
  readonly snapshotVersions?: SnapshotVersions | null;
}

/** What a cursor says that a client sent. */
export interface ReceivedCursor extends Omit<CursorPosition, 'at'> {
  /** Null where no signature holds: whoever sends the cursor may have made it up. */
  readonly at: number | null;
}

/** What a client sent as a cursor is none, or one of another stream. */
export class InvalidCursorError extends Error {
  /** The argument, or the header of an event stream. */
  readonly where: 'after' | 'Last-Event-ID';

  constructor(where: InvalidCursorError['where']) {
    super('This is not a cursor of this stream.');
    this.name = 'InvalidCursorError';
    this.where = where;
  }
}

/** What has happened since a cursor cannot be told, so that its client has to list anew. `why` goes on where the cursor is named. */
export class CursorTooOldError extends Error {
  constructor(why: string) {
    super(`This cursor ${why}: list anew, and subscribe from there.`);
    this.name = 'CursorTooOldError';
  }
}

/** No log has this epoch, so that whoever comes back with such a cursor begins with a snapshot. */
const noEpoch = '-';
/** Longer than any cursor that is given out. */
const maxLength = 4_096;

/** A few characters of a hash, by which a cursor of another topic is recognised. */
function topicTag(topic: string): string {
  return createHash('sha256').update(topic).digest('base64url').slice(0, 6);
}

const pair = '[A-Za-z0-9_-]*~[0-9a-z]+';
const pattern = new RegExp(
  `^(?<text>(?<epoch>[A-Za-z0-9_-]{1,32})\\.(?<offset>\\d{1,15})\\.(?<at>[0-9a-z]{1,11})\\.(?<tag>[A-Za-z0-9_-]{6})` +
    `(?:\\.(?<versions>${pair}(?:~~${pair})*))?)(?:(?:\\.|~~)(?<signature>[A-Za-z0-9_-]{${signatureLength}}))?$`,
);

/**
 * Reads and writes the cursors of one topic. Hashes the topic's key once.
 *
 * The signature stands where the last of the versions would. The last release that signed none takes it for a subject that
 * there is not, so processes of both may serve the same clients.
 */
export function createCursorFormat(topic: string, keys: CursorKeys) {
  const tag = topicTag(topic);
  // The tag of another topic may be the same, the topic may not.
  const sign = (text: string) => keys.sign(`${topic}\n${text}`);
  return {
    format({ epoch, offset, at, snapshotVersions }: CursorPosition): string {
      const versions = snapshotVersions ? formatSnapshotVersions(snapshotVersions) : '';
      const text = `${epoch}.${offset}.${base36(at)}.${tag}${versions && `.${versions}`}`;
      const signed = `${text}${versions ? '~~' : '.'}${sign(text)}`;
      return Buffer.from(signed, 'latin1').toString('base64url');
    },
    /** A cursor that leads to a snapshot of what was changed since `at`. */
    formatRestart(at: number): string {
      return this.format({ epoch: noEpoch, offset: 0, at });
    },
    /** Undefined when the text is no cursor, or one of another topic. */
    parse(cursor: string): ReceivedCursor | undefined {
      if (cursor.length > maxLength) return undefined;
      const said = pattern.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.groups;
      if (!said || said['tag'] !== tag) return undefined;
      const { versions, signature } = said;
      const isSigned = signature !== undefined && keys.verify(`${topic}\n${said['text']}`, signature);
      return {
        epoch: said['epoch']!,
        offset: Number(said['offset']),
        at: isSigned ? parseInt(said['at']!, 36) : null,
        ...(versions !== undefined && { snapshotVersions: parseSnapshotVersions(versions) }),
      };
    },
  };
}

export type CursorFormat = ReturnType<typeof createCursorFormat>;
