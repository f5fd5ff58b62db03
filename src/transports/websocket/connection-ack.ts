/** What the acknowledgement of a connection says. Who only asks to be admitted gets it as the protocol has it: without a payload. */
import type { Viewer } from '../../auth/viewer.ts';
import type { WallTime } from '../../lib/clock.ts';

/**
 * `time`: ours, for a client whose own clock may be wrong. `tokenExpiresAt`: when the token ends, and with it the connection unless
 * it is renewed before. ISO 8601.
 */
export type ConnectionAckPayload = Readonly<Partial<Record<'time' | 'tokenExpiresAt', string>>>;

type ConnectionParams = Readonly<Record<string, unknown>>;

/** What of it the client of these connection parameters is told. */
export interface AckWishes {
  readonly time: boolean;
  readonly tokenExpiresAt: boolean;
}

/** A router, which hands on what its own client sent and cannot renew it, has that one level further down, or sends nothing. */
export const readAckWishes = (params: ConnectionParams | undefined): AckWishes => ({
  time: params?.['time'] === true,
  tokenExpiresAt: params !== undefined && !Object.hasOwn(params, 'connectionParams'),
});

/** Undefined where there is nothing to say. */
export function ackPayload(
  wishes: AckWishes,
  { expiresAt }: Viewer,
  now: WallTime,
): ConnectionAckPayload | undefined {
  const isTold = wishes.tokenExpiresAt && expiresAt !== null;
  if (!wishes.time && !isTold) return undefined;
  return {
    ...(wishes.time && { time: new Date(now).toISOString() }),
    ...(isTold && { tokenExpiresAt: new Date(expiresAt).toISOString() }),
  };
}
