/** Proves that only faults which the promise names explain what is shown again, or a receipt that is missing. */
import { describe, expect, jest, test } from '@jest/globals';
import { whyNoReceipt, whyShownAgain, type Explained } from './explanations.ts';
import type { FaultKind, PathFault } from './fault-kinds.ts';
import { FaultLog } from './fault-log.ts';
import type { ConnectionEnd } from './stock-client.ts';

/** Notes faults as if they had lasted from one time to the other. */
function logOf<K extends string>(...spans: readonly (readonly [K, number, number])[]): FaultLog<K> {
  const log = new FaultLog<K>();
  const clock = jest.spyOn(performance, 'now');
  for (const [kind, from, to] of spans) {
    clock.mockReturnValue(from);
    const over = log.begin(kind);
    clock.mockReturnValue(to);
    over();
  }
  clock.mockRestore();
  return log;
}

interface Story {
  readonly faults?: readonly (readonly [FaultKind, number, number])[];
  readonly path?: readonly (readonly [PathFault, number, number])[];
  readonly acknowledges?: boolean;
  readonly lossy?: readonly FaultKind[];
  /** When its first connection ended, and whether for a drain. */
  readonly end?: readonly [at: number, isDrain: boolean];
  /** Whether the service has shown that it read the acknowledgement. */
  readonly isKnown?: true;
}

function explained({ faults = [], path = [], acknowledges = true, lossy = [], end }: Story): Explained {
  const ways = { faults: logOf(...path) } as unknown as Explained['client']['path'];
  const [at = 0, isDrain = false] = end ?? [];
  const ends = new Map<number, ConnectionEnd>(end ? [[1, { at, isDrain }]] : []);
  return { client: { path: ways, acknowledges, ends }, faults: logOf(...faults), lossy };
}

const sight = (connection: number, at: number, acknowledgedAt?: number) => ({
  ...{ id: 'a', version: 3, isSnapshot: false, connection, at },
  ...(acknowledgedAt !== undefined && { acknowledgedAt }),
});
const again = sight(2, 60_000);

describe('what is shown again', () => {
  test.each<[string, Story, number | undefined, RegExp | null]>([
    ['was not acknowledged', {}, undefined, /not acknowledged/],
    ['was acknowledged, and nothing happened', {}, 11_000, null],
    [
      'its process was killed soon after',
      { faults: [['server killed', 11_900, 14_000]] },
      11_000,
      /was killed/,
    ],
    ['its process was killed long after', { faults: [['server killed', 21_000, 22_000]] }, 11_000, null],
    ['the way was silent', { path: [['paths silent', 9_500, 40_000]] }, 11_000, /the way broke/],
    ['the way broke long after', { path: [['sockets cut', 21_000, 21_000]] }, 11_000, null],
    ['Redis was away', { faults: [['redis killed', 10_500, 18_000]] }, 11_000, /nobody could keep/],
    ['Redis had been away long before', { faults: [['redis killed', 500, 2_000]] }, 11_000, null],
    [
      'a process lost what it kept',
      { faults: [['server drained', 30_500, 38_000]], lossy: ['server drained'] },
      11_000,
      /was lost/,
    ],
    ['PostgreSQL was away', { faults: [['postgres killed', 10_500, 18_000]] }, 11_000, null],
    ['a drain did not wait for the answer', { end: [15_000, true] }, undefined, null],
    [
      'a drain could not wait, since nothing came through',
      { end: [15_000, true], path: [['paths silent', 9_500, 40_000]] },
      undefined,
      /could not be acknowledged at a drain/,
    ],
    ['an EventSource has read it', { acknowledges: false }, undefined, null],
  ])('%s', (_, story, acknowledgedAt, reason) => {
    const why = whyShownAgain(explained(story), sight(1, 10_000, acknowledgedAt), again);
    if (reason) expect(why).toMatch(reason);
    else expect(why).toBeNull();
  });
});

describe('a receipt is missing', () => {
  test.each<[string, Story, RegExp | null]>([
    ['and nothing happened', {}, null],
    ['its process was frozen soon after', { faults: [['server frozen', 11_900, 30_000]] }, /frozen/],
    [
      'its process was drained',
      { faults: [['server drained', 11_900, 13_000]], end: [12_000, true], isKnown: true },
      null,
    ],
    [
      'its process was drained, and may not have read the answer',
      { faults: [['server drained', 11_900, 13_000]], end: [12_000, true] },
      /before anybody was known/,
    ],
    ['its connection ended long after', { end: [40_000, false], isKnown: true }, null],
    ['the answer did not come through', { path: [['networks changed', 11_100, 30_000]] }, /the way broke/],
    ['PostgreSQL was away', { faults: [['postgres killed', 10_000, 20_000]] }, null],
    [
      'PostgreSQL was away until its process was killed',
      {
        faults: [
          ['postgres killed', 10_000, 20_000],
          ['server killed', 24_500, 26_000],
        ],
      },
      /was killed/,
    ],
  ])('%s', (_, story, reason) => {
    const { isKnown } = story;
    const why = whyNoReceipt(explained(story), { ...sight(1, 10_000, 11_000), ...(isKnown && { isKnown }) });
    if (reason) expect(why).toMatch(reason);
    else expect(why).toBeNull();
  });
});
