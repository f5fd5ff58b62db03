/** The versions that a snapshot has shown, and the form in which a cursor carries them. */
import type { SnapshotItem } from '../source.ts';

/** The version that was shown, by subject: events up to it are not sent again. */
export type SnapshotVersions = ReadonlyMap<string, number>;

/** What one reader was shown. */
export type ShownVersions = Pick<SnapshotVersions, 'get' | 'size' | typeof Symbol.iterator>;

/** What one reader was shown of a snapshot that many read, where they were shown some of it later and newer. */
export class NewerVersions implements ShownVersions {
  readonly #base: ShownVersions | null;
  readonly #newer = new Map<string, number>();

  constructor(base: ShownVersions | null) {
    this.#base = base;
  }

  get size(): number {
    return Math.max(this.#base?.size ?? 0, this.#newer.size);
  }

  get(subject: string): number | undefined {
    return this.#newer.get(subject) ?? this.#base?.get(subject);
  }

  [Symbol.iterator]() {
    return new Map([...(this.#base ?? []), ...this.#newer])[Symbol.iterator]();
  }

  add(versions: SnapshotVersions): void {
    for (const [subject, version] of versions) this.#newer.set(subject, version);
  }
}

/** What one reader was shown by two snapshots, of which the second has only what changed since the first. */
class CombinedVersions implements ShownVersions {
  readonly #first: ShownVersions;
  readonly #second: ShownVersions;

  constructor(first: ShownVersions, second: ShownVersions) {
    this.#first = first;
    this.#second = second;
  }

  get size(): number {
    return this.#first.size + this.#second.size;
  }

  get(subject: string): number | undefined {
    const [first, second] = [this.#first.get(subject), this.#second.get(subject)];
    return first === undefined || second === undefined ? (first ?? second) : Math.max(first, second);
  }

  *[Symbol.iterator](): MapIterator<[string, number]> {
    for (const [subject] of new Map([...this.#first, ...this.#second])) yield [subject, this.get(subject)!];
  }
}

export function combineVersions(
  first: ShownVersions | null,
  second: ShownVersions | null,
): ShownVersions | null {
  return first && second ? new CombinedVersions(first, second) : (first ?? second);
}

/** The most characters of a cursor that they may take. */
const maxLength = 2_500;

/** The versions of items, without those that came to be before `sinceMs`. */
export function snapshotVersionsOf(items: readonly SnapshotItem[], sinceMs = -Infinity): SnapshotVersions {
  const snapshotVersions = new Map<string, number>();
  for (const { identity } of items) {
    if (identity && (identity.at ?? Infinity) >= sinceMs)
      snapshotVersions.set(identity.subject, identity.version);
  }
  return snapshotVersions;
}

/** Writes them with letters, digits and `-_~`. Where not all fit, the last ones are kept. */
export function formatSnapshotVersions(snapshotVersions: ShownVersions): string {
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
