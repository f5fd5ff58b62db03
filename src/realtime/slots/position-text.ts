/** The text in which a slot keeps a position. Only this service reads it, so that it is not signed as cursors are. */
import { base36 } from '../../lib/text/base36.ts';
import type { CursorPosition } from '../cursors/cursor.ts';
import { formatSnapshotVersions, parseSnapshotVersions } from '../cursors/snapshot-versions.ts';
import type { StreamPosition } from '../resumption.ts';

export function formatPosition(position: StreamPosition): string {
  // What snapshots have shown may have grown meanwhile.
  if (position.snapshotVersions !== null)
    return format(position, formatSnapshotVersions(position.snapshotVersions));
  return (position.text ??= format(position, ''));
}

// Joined it is one text. As a template it would be a chain of pieces, eight times its size, for as long as it is kept.
const format = ({ epoch, offset, at }: StreamPosition, versions: string): string =>
  [epoch, offset, base36(at), versions].join(' ');

export function parsePosition(text: string): CursorPosition {
  const [epoch = '', offset, at = '', versions] = text.split(' ');
  return {
    epoch,
    offset: Number(offset),
    at: parseInt(at, 36),
    snapshotVersions: versions ? parseSnapshotVersions(versions) : null,
  };
}
