/** The versions that a snapshot has shown, and the form in which a cursor carries them. */
import type { SnapshotItem } from './source.ts';

/** The version that was shown, by subject: events up to it are not sent again. */
export type SnapshotVersions = ReadonlyMap<string, number>;

/** The most characters of a cursor that they may take. */
const maxLength = 2_500;

export function snapshotVersionsOf(items: readonly SnapshotItem[]): SnapshotVersions | null {
  const snapshotVersions = new Map<string, number>();
  for (const { identity } of items) if (identity) snapshotVersions.set(identity.subject, identity.version);
  return snapshotVersions.size > 0 ? snapshotVersions : null;
}

/** Writes them with letters, digits and `-_~`. Where not all fit, the last ones are kept. */
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
