/** Proves that the client package misses nothing where a real Hive Router drops events without a word. */
import { describe, expect, test } from '@jest/globals';
import type { LiveClient, LiveClientOptions, LiveError } from '../../packages/live/src/index.ts';
import { subscribe } from '../support/graphql-client.ts';
import { tLive } from '../support/live-client.ts';
import { assign, dispatchUpdated, type Update } from '../support/operations.ts';
import { tHiveRouter, ways, type HiveRouterOptions, type Way } from '../support/routers/hive-router.ts';
import { assignOften, tFleetAndDispatch } from '../support/routers/joins.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { until } from '../support/until.ts';

const board = 'subscription { dispatchesUpdated { changeType dispatch { id version } } }';
/** `npm test` has time for one, and sees a burst by callback in the test of all ways. */
const recommended = process.env['ROUTERS'] === undefined ? (['event stream'] as const) : ways;
/** What an app that is live has to show in the end, however long that takes. */
const healMs = 120_000;

/** What a client shows of a board, and how long it took at the longest from an event that said of a gap until the next one was shown, milliseconds. */
function watchHealing(live: LiveClient) {
  const [events, errors]: [Update[], LiveError[]] = [[], []];
  const watched = { events, errors, longestHealMs: 0 };
  let [gaps, noticedAt] = [0, null as number | null];
  Object.defineProperty(live.tally, 'gaps', {
    get: () => gaps,
    set(count: number) {
      gaps = count;
      noticedAt ??= performance.now();
    },
  });
  live.subscribe<Record<string, Update>, never>(board, {} as never, {
    next({ data }) {
      events.push(...Object.values(data));
      if (noticedAt !== null)
        watched.longestHealMs = Math.max(watched.longestHealMs, performance.now() - noticedAt);
      noticedAt = null;
    },
    error: (error) => void errors.push(error),
  });
  return watched;
}

/** Shows a burst to the client package behind a router. Nothing comes after it: a dropped tail shows only where it is asked for. */
async function showBurst(
  way: Way,
  count: number,
  options: HiveRouterOptions,
  timing: LiveClientOptions['timing'] = {},
) {
  const router = await tHiveRouter(way, {}, options);
  const id = await tFleetAndDispatch(router);
  const { live } = tLive(router.url, await router.token(), { timing });
  const watched = watchHealing(live);
  const { events, errors } = watched;
  const { client } = router.service;
  await until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1, healMs);
  // What its first event follows is not known to a stream that begins without a state.
  await assign(client, id, 'A2');
  await until('the first one is shown', () => events.length === 1, healMs);
  await assignOften(router, id, count);
  const last = count + 2;
  await until('the last one is shown', () => events.at(-1)?.dispatch.version === last, healMs);
  const versions = events.map(({ dispatch }) => dispatch.version);
  return { versions, errors, tally: live.tally, longestHealMs: watched.longestHealMs };
}

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describeThrough(hiveRouter, () => {
  describe.each(ways)('with subscriptions by %s', (way) => {
    test(
      'and its own capacities: of a burst of 200 each event is shown once, in order, the last ones too',
      async () => {
        const { versions, errors, tally, longestHealMs } = await showBurst(
          way,
          200,
          { hasOwnCapacities: true },
          { tailMs: 2_000 },
        );
        process.stdout.write(
          `${way}: ${tally.gaps} gaps and ${tally.tails} tails, each gap healed within ${longestHealMs.toFixed(0)} ms\n`,
        );
        expect(versions).toEqual(range(2, 202));
        expect(errors).toEqual([]);
      },
      healMs * 2,
    );
  });

  test.each(recommended)(
    'by %s with the recommended capacities: of a burst of 1,000 there is nothing to notice',
    async (way) => {
      const { versions, tally } = await showBurst(way, 1_000, { heartbeat: '15s' });
      expect(versions).toEqual(range(2, 1_002));
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
