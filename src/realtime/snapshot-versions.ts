/** Owns what a snapshot has told a subscriber, and the form in which its cursor carries it. */
import type { SnapshotItem } from './source.ts';

/** What was shown, by subject, and in which version: events up to it are not to be shown again. */
export type SnapshotVersions = ReadonlyMap<string, number>;

/** Characters that a cursor spends on it at the most. */
const maxLength = 2_500;

export function snapshotVersionsOf(items: readonly SnapshotItem[]): SnapshotVersions | null {
  const snapshotVersions = new Map<string, number>();
  for (const { covers } of items) if (covers) snapshotVersions.set(covers.subject, covers.version);
  return snapshotVersions.size > 0 ? snapshotVersions : null;
}

/** In letters, digits and `-_~`. Of more than fits, the last ones. */
export function formatSnapshotVersions(snapshotVersions: SnapshotVersions): string {
  const pairs: string[] = [];
  let length = 0;
  for (const [subject, version] of [...snapshotVersions].reverse()) {
    const pair = `${Buffer.from(subject, 'utf8').toString('base64url')}~${version.toString(36)}`;
    length += pair.length + 2;
    if (length > maxLength) break;
    pairs.push(pair);
  }
  return pairs.reverse().join('~~');
}

export function parseSnapshotVersions(text: string): SnapshotVersions {
  const snapshotVersions = new Map<string, number>();
  for (const pair of text.split('~~')) {
    const [subject = '', version = ''] = pair.split('~');
    snapshotVersions.set(Buffer.from(subject, 'base64url').toString('utf8'), parseInt(version, 36));
  }
  return snapshotVersions;
}
