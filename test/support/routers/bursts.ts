/** A burst of changes behind a Hive Router, as the client package shows it, and what makes the router drop some of them. */
import type { LiveClient, LiveClientOptions, LiveError } from '../../../packages/live/src/index.ts';
import { tCutProxy } from '../cut-proxy.ts';
import { tLive } from '../live-client.ts';
import { assign, type Update } from '../operations.ts';
import { until } from '../until.ts';
import type { RealRouter } from './behind-router.ts';
import { tHiveRouter, type HiveRouterOptions, type Way } from './hive-router.ts';
import { assignOften, tFleetAndDispatch } from './joins.ts';

/** What an app that is live has to show in the end, however long that takes. */
export const healMs = 120_000;

const boardOf = (fields: string) =>
  `subscription { dispatchesUpdated { changeType dispatch { id version ${fields} } } }`;

interface Coming {
  readonly router: RealRouter;
  /** Makes all changes of the burst. */
  readonly comes: () => Promise<void>;
  readonly count: number;
  /** From now on no join is answered. Returns what ends that. */
  readonly holdJoins: () => () => void;
  /** The metric of the service that counts what the router has got. */
  readonly hasGot: string;
}

/** What happens while a burst comes. */
export type Manner = (burst: Coming) => Promise<void>;

/** The router gets it as fast as it is made. */
export const freely: Manner = ({ comes }) => comes();

/** The router stands still meanwhile, and has all of it at once when it goes on. */
export const whileItStandsStill: Manner = async ({ router, comes }) => {
  router.process.signal('SIGSTOP');
  await comes();
  router.process.signal('SIGCONT');
};

/** The router has got all of it before it is given what the first event joins. */
export const whileAJoinHangs: Manner = async ({ router, comes, count, holdJoins, hasGot }) => {
  const { client } = router.service;
  const all = (await client.metric(hasGot)) + count;
  const goOn = holdJoins();
  await comes();
  await until('the router has got all of it', async () => (await client.metric(hasGot)) >= all, healMs);
  goOn();
};

/** The metric of the service that counts what a router has got by a way. */
const gotBy = (way: Way): string =>
  way === 'HTTP callback'
    ? 'dispatch_callback_messages_total{action="next",outcome="taken"}'
    : 'dispatch_deliveries_total';

export interface BurstOptions extends HiveRouterOptions {
  readonly count: number;
  readonly manner: Manner;
  /** Whether it asks for a field of the fleet, which the router waits for with each event before it takes the next one. */
  readonly isJoined?: boolean;
  /** Whether another event comes when the burst is over. Without it a dropped tail shows only where it is asked for. */
  readonly isFollowed?: boolean;
  readonly timing?: LiveClientOptions['timing'];
  /** Of the service. */
  readonly env?: Record<string, string>;
}

/** Shows a burst to the client package behind a router, until it has shown the last one. */
export async function showBurst(
  way: Way,
  { count, manner, isJoined, isFollowed, timing, env = {}, ...options }: BurstOptions,
) {
  let toFleet: Awaited<ReturnType<typeof tCutProxy>> | undefined;
  const frontOfFleet = async (url: string) => `http://${(toFleet = await tCutProxy(url)).host}`;
  const router = await tHiveRouter(way, env, { ...options, frontOfFleet });
  const { client } = router.service;
  const id = await tFleetAndDispatch(router);
  const { live } = tLive(router.url, await router.token(), { timing: timing ?? {} });
  const watched = watchHealing(live, boardOf(isJoined ? 'vehicle { placa }' : ''));
  const { events } = watched;
  await until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1, healMs);
  // What its first event follows is not known to a stream that begins without a state.
  await assign(client, id, 'A2');
  await until('the first one is shown', () => events.length === 1, healMs);
  const began = performance.now();
  const tookMs = () => performance.now() - began;
  await manner({
    ...{ router, count, hasGot: gotBy(way) },
    comes: () => assignOften(router, id, count),
    holdJoins: () => toFleet!.silence().forward,
  });
  const madeMs = tookMs();
  if (isFollowed) {
    // Then it has a place again for what comes.
    await until('it goes on', () => events.length > 1, healMs);
    await assign(client, id, 'A1');
  }
  const last = count + (isFollowed ? 3 : 2);
  await until('the last one is shown', () => events.at(-1)?.dispatch.version === last, healMs);
  const versions = events.map(({ dispatch }) => dispatch.version);
  return { ...watched, versions, tally: live.tally, last, madeMs, shownMs: tookMs() };
}

export interface Healing {
  readonly events: readonly Update[];
  readonly errors: readonly LiveError[];
  /** From the event that told of each gap to the next one that was shown, milliseconds. */
  readonly healedAfterMs: readonly number[];
  /** Gaps that were told of again before anything was shown. */
  readonly repeats: () => number;
}

/** What a client shows of a board, and how gaps are healed. */
function watchHealing(live: LiveClient, board: string): Healing {
  const events: Update[] = [];
  const errors: LiveError[] = [];
  const healedAfterMs: number[] = [];
  let [gaps, repeats, noticedAt] = [0, 0, null as number | null];
  Object.defineProperty(live.tally, 'gaps', {
    get: () => gaps,
    set(count: number) {
      gaps = count;
      if (noticedAt === null) noticedAt = performance.now();
      else repeats += 1;
    },
  });
  live.subscribe<Record<string, Update>, never>(board, {} as never, {
    next({ data }) {
      events.push(...Object.values(data));
      if (noticedAt !== null) healedAfterMs.push(performance.now() - noticedAt);
      noticedAt = null;
    },
    error: (error) => void errors.push(error),
  });
  return { events, errors, healedAfterMs, repeats: () => repeats };
}
