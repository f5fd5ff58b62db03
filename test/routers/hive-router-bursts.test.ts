/** Proves that the client package misses nothing where a real Hive Router drops events without a word. */
import { expect, test } from '@jest/globals';
import type { LiveTally } from '../../packages/live/src/index.ts';
import { subscribe } from '../support/graphql-client.ts';
import { dispatchUpdated, type Update } from '../support/operations.ts';
import {
  freely,
  healMs,
  showBurst,
  whileAJoinHangs,
  whileItStandsStill,
  type Healing,
} from '../support/routers/bursts.ts';
import { tHiveRouter, ways } from '../support/routers/hive-router.ts';
import { assignOften, tFleetAndDispatch } from '../support/routers/joins.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';

/** `npm test` has time for one, and sees a burst by callback in the test of all ways. */
const recommended = process.env['ROUTERS'] === undefined ? (['event stream'] as const) : ways;
const streaming = ['event stream', 'WebSocket'] as const;

/** Longer than any test takes. */
const neverMs = 3_600_000;

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

function tell(way: string, { healedAfterMs, tally }: Healing & { tally: LiveTally }): void {
  const times = healedAfterMs.map((ms) => `, healed after ${ms.toFixed(0)} ms`).join('');
  process.stdout.write(`${way}: ${tally.gaps} gaps${times}; ${tally.tails} tails\n`);
}

describeThrough(hiveRouter, () => {
  test.each([
    // It hands on what it reads of an event stream one by one: what makes it drop some is that more wait for a join than it keeps.
    { way: 'event stream', count: 1_200, manner: whileAJoinHangs, what: 'a join hung' },
    { way: 'WebSocket', count: 200, manner: whileItStandsStill, what: 'it stood still' },
    { way: 'HTTP callback', count: 200, manner: whileAJoinHangs, what: 'a join hung' },
  ] as const)(
    'by $way with its own capacities: what it drops of a burst of $count while $what is noticed with the next event, and fetched at once',
    async ({ way, count, manner }) => {
      const isJoined = manner === whileAJoinHangs;
      const seen = await showBurst(way, {
        count,
        hasOwnCapacities: true,
        manner,
        isJoined,
        isFollowed: true,
        // On a busy machine the burst takes longer than it is until a client asks by itself.
        timing: { tailMs: neverMs },
      });
      tell(way, seen);
      // Else nothing was dropped, and this has shown nothing.
      expect(seen.tally.gaps).toBeGreaterThan(0);
      expect(seen.repeats()).toBe(0);
      expect(seen.versions).toEqual(range(2, seen.last));
      expect(seen.errors).toEqual([]);
    },
    healMs * 2,
  );

  test(
    'by HTTP callback what it drops at the end of a burst is noticed by asking, though nothing comes after it',
    async () => {
      const seen = await showBurst('HTTP callback', {
        ...{ count: 200, hasOwnCapacities: true, manner: whileAJoinHangs, isJoined: true },
        timing: { tailMs: 2_000 },
      });
      tell('HTTP callback', seen);
      expect(seen.tally.tails).toBeGreaterThan(0);
      expect(seen.versions).toEqual(range(2, seen.last));
      expect(seen.errors).toEqual([]);
    },
    healMs * 2,
  );

  test.each(streaming)(
    'by %s with the recommended capacities nothing is dropped after it stood still',
    async (way) => {
      const { versions, last, tally } = await showBurst(way, { count: 200, manner: whileItStandsStill });
      expect(versions).toEqual(range(2, last));
      expect(tally).toMatchObject({ reconnects: 0, gaps: 0 });
    },
    healMs * 2,
  );

  test.each(recommended)(
    'by %s with the recommended capacities: of a burst of 1,000 there is nothing to notice',
    async (way) => {
      const options = { count: 1_000, manner: freely, heartbeat: '15s' };
      const { versions, last, tally } = await showBurst(way, options);
      expect(versions).toEqual(range(2, last));
      // A busy machine may stand still for so long that what is on its way is asked for again.
      expect(tally).toMatchObject({ reconnects: 0, gaps: 0 });
    },
    healMs * 2,
  );

  test(
    'by HTTP callback what ends a stream in the middle of a burst finds a place, too: its client is told why',
    async () => {
      const router = await tHiveRouter('HTTP callback', {}, {});
      const id = await tFleetAndDispatch(router);
      const { client } = router.service;
      const token = await router.token({ sub: 'eva' });
      const shown = subscribe<Update>(tRouterClient(router, 'Server-Sent Events', token), dispatchUpdated, {
        id,
      });
      await shown.until((events) => events.length === 1);
      await assignOften(router, id, 200);
      const admin = await client.token({ sub: 'root', role: 'admin' });
      await client.ask('mutation { endSession(userId: "eva", reason: "a test") { userId } }', {}, admin);
      await shown.ended();
      expect(shown.failures).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', reason: 'SESSION_ENDED' } },
      ]);
    },
    healMs,
  );
});
