/** How the last release that signed no cursors wrote and read them: its processes and clients are there while an update rolls. */
import { createHash } from 'node:crypto';

export interface UnsignedCursor {
  readonly epoch: string;
  readonly offset: number;
  readonly at: number;
  readonly versions?: Readonly<Record<string, number>>;
}

const tagOf = (topic: string) => createHash('sha256').update(topic).digest('base64url').slice(0, 6);

const pattern =
  /^([A-Za-z0-9_-]{1,32})\.(\d{1,15})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{6})(?:\.([A-Za-z0-9_~-]+))?$/;

export function unsignedCursor(topic: string, { epoch, offset, at, versions }: UnsignedCursor): string {
  const pairs = Object.entries(versions ?? {}).map(
    ([subject, version]) => `${Buffer.from(subject).toString('base64url')}~${version.toString(36)}`,
  );
  const more = pairs.length > 0 ? `.${pairs.join('~~')}` : '';
  return Buffer.from(`${epoch}.${offset}.${at.toString(36)}.${tagOf(topic)}${more}`).toString('base64url');
}

/** Null for what that release refused. */
export function readAsLastRelease(topic: string, cursor: string) {
  const match = pattern.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!match || match[4] !== tagOf(topic)) return null;
  const versions = new Map<string, number>();
  for (const pair of match[5]?.split('~~') ?? []) {
    const [subject = '', version = ''] = pair.split('~');
    versions.set(Buffer.from(subject, 'base64url').toString('utf8'), parseInt(version, 36));
  }
  return { epoch: match[1], offset: Number(match[2]), at: parseInt(match[3]!, 36), versions };
}
