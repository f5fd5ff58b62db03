/** What a router with few places for a subscription drops of a burst that is sent at its pace. */
import { expect, test } from '@jest/globals';
import { Pace } from '../../src/transports/callback/pace.ts';
import { ManualClock } from '../support/clock.ts';

/** Those of Hive Router, which drops what finds none, and answers as if it had it. */
const places = 16;
const burst = 1_000;
const givenMs = 5;

interface Router {
  /** How long it takes over the first, the second and so on. */
  readonly worksMs: (count: number) => number;
  /** How long it takes to answer the first, the second and so on. */
  readonly answersMs: (count: number) => number;
}

const always = (ms: number) => () => ms;

/** How many of a burst are dropped, and how long it takes. */
async function sendBurst(everyMs: number, { worksMs, answersMs }: Router) {
  const clock = new ManualClock();
  const pace = new Pace(clock, everyMs);
  const began = clock.elapsed();
  let isSent = false;
  let dropped = 0;
  /** When each that has a place will have been worked off. */
  let doneAt: number[] = [];
  const take = (count: number) => {
    doneAt = doneAt.filter((at) => at > clock.elapsed());
    if (doneAt.length === places) dropped += 1;
    else doneAt.push(Math.max(clock.elapsed(), doneAt.at(-1) ?? 0) + worksMs(count));
  };
  const send = async () => {
    for (let count = 0; count < burst; count += 1) {
      await pace.next(new AbortController().signal);
      const askedAt = clock.elapsed();
      take(count);
      await clock.sleep(answersMs(count));
      pace.note(clock.elapsed() - askedAt);
    }
    isSent = true;
  };
  const sent = send();
  while (!isSent) await clock.advance(1);
  await sent;
  return { dropped, tookMs: clock.elapsed() - began };
}

test('nothing is dropped by a router that works each off in the time that it is given', async () => {
  const { dropped, tookMs } = await sendBurst(givenMs, { worksMs: always(givenMs), answersMs: always(0) });
  expect(dropped).toBe(0);
  // And no longer than that: it is the router that has to be waited for.
  expect(tookMs).toBeLessThanOrEqual(burst * givenMs);
});

test('nor by one that is busy, takes longer and answers as late', async () => {
  expect(await sendBurst(givenMs, { worksMs: always(20), answersMs: always(20) })).toMatchObject({
    dropped: 0,
  });
});

test('nor by one that shares its machine: it answers at once or late, as that has time for it, and joins take it several such turns', async () => {
  // As a Hive Router did that had a quarter of a core, together with what it joins.
  const sharing = { worksMs: always(100), answersMs: (count: number) => (count % 3 === 0 ? 95 : 3) };
  expect(await sendBurst(givenMs, sharing)).toMatchObject({ dropped: 0 });
});

test('nor by one that stands still now and then, for twice as long as it answers late before', async () => {
  const standing = {
    worksMs: (count: number) => (count % 40 === 20 ? 160 : 4),
    answersMs: (count: number) => (count % 40 === 0 ? 80 : 2),
  };
  expect(await sendBurst(givenMs, standing)).toMatchObject({ dropped: 0 });
});

test('one that is far away and answers as late each time is not given more than that for it', async () => {
  const { dropped, tookMs } = await sendBurst(givenMs, { worksMs: always(givenMs), answersMs: always(30) });
  expect(dropped).toBe(0);
  expect(tookMs / (burst * 30)).toBeLessThan(2);
});

test('without a pace the same router drops most of them', async () => {
  const { dropped } = await sendBurst(0, { worksMs: always(givenMs), answersMs: always(0) });
  expect(dropped).toBeGreaterThan(burst / 2);
});
