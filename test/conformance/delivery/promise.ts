/** Describes a promise of delivery, on which ways and in which set-ups it is given, and how it is proved. */
import type { Scene } from './scene.ts';

/** The ways on which a subscription reaches its client. */
export const wayNames = [
  'WebSocket',
  'event stream by POST',
  'EventSource by GET',
  'single connection mode',
  'multipart',
  'HTTP callback',
] as const;
export type WayName = (typeof wayNames)[number];

/** Where stores are: in the process, on a Redis, on a cluster of three. */
export const setUpNames = ['embedded', 'Redis', 'Redis cluster'] as const;
export type SetUpName = (typeof setUpNames)[number];

/** A test of real processes that are killed, frozen or drained. */
export interface ProcessProof {
  readonly way: WayName;
  /** From the root of the tree. */
  readonly file: string;
  readonly title: string;
}

export interface DeliveryPromise {
  /** Its name in reports. It is never used for another promise. */
  readonly number: `D${number}`;
  /** The rest of a sentence that begins with "the service". */
  readonly says: string;
  /** Why it is not given on a way, or why there is nothing to prove in a set-up. */
  readonly unless: Readonly<Partial<Record<WayName | SetUpName, string>>>;
  /** Rejects when it is not kept; null where processes have to die for it. */
  readonly prove: ((scene: Scene) => Promise<void>) | null;
  readonly processProofs?: readonly ProcessProof[];
}

/** Why nothing is proved of a promise on a way in a set-up; undefined where something is. */
export const exceptionOf = (
  { unless }: DeliveryPromise,
  way: WayName,
  setUp: SetUpName,
): string | undefined => unless[way] ?? unless[setUp];
