/** A stream goes on at the place that was kept for its client, or at its cursor, whichever is later, and says how far it has come. */
import { afterEach, expect, test } from '@jest/globals';
import type { CursorPosition } from '../../src/realtime/cursors/cursor.ts';
import type { Place, Resumption, ResumptionRequest } from '../../src/realtime/resumption.ts';
import { unknownTime } from '../../src/realtime/source.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import { Screen, tHub, type HubFixture } from '../support/hub.ts';
import { losable } from '../support/losable-log.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

/** A place that was kept, and what it was asked with. */
function tPlace(place: Place | null): Resumption & { readonly requests: ResumptionRequest[] } {
  const requests: ResumptionRequest[] = [];
  return {
    requests,
    find: (request) => {
      requests.push(request);
      return Promise.resolve(place);
    },
  };
}

/** Where a subscription is, as a place for the next one. */
function placeOf({ position }: HubSubscription): CursorPosition {
  const { epoch, offset, at, snapshotVersions } = position!;
  return { epoch, offset, at: at ?? 0, snapshotVersions: snapshotVersions && new Map(snapshotVersions) };
}

test('goes on behind its place, and shows nothing of before again', async () => {
  const hub = start();
  await hub.count('a', 2);
  const first = await hub.watch('a');
  await hub.count('a', 3);
  const place = placeOf(first.subscription);
  await hub.count('a', 2);
  const { screen } = await hub.watch('a', { resumption: tPlace(place) });
  expect(screen.versions).toEqual([6, 7]);
  await hub.count('a');
  await screen.until(() => screen.versions.length === 3);
  expect([screen.versions, new Set(screen.kinds)]).toEqual([[6, 7, 8], new Set(['EVENT'])]);
});

test('of place and cursor the later one counts', async () => {
  const hub = start();
  const first = await hub.watch('a');
  await hub.count('a', 2);
  const older = { cursor: first.screen.lastCursor, place: placeOf(first.subscription) };
  await hub.count('a', 2);
  const newer = { cursor: first.screen.lastCursor, place: placeOf(first.subscription) };
  await hub.count('a');
  const shown = async (after: string, place: CursorPosition) =>
    (await hub.watch('a', { after, resumption: tPlace(place) })).screen.versions;
  expect(await shown(older.cursor, newer.place)).toEqual([5]);
  expect(await shown(newer.cursor, older.place)).toEqual([5]);
});

test('what a snapshot of a lost log has shown behind the place is not shown again behind a cursor of the present log', async () => {
  const hub = start();
  const first = await hub.watch('a');
  await hub.count('a');
  const { lastCursor: after } = first.screen;
  await hub.count('a', 2);
  const place = { epoch: 'lost', offset: 10, at: unknownTime, snapshotVersions: new Map([['a', 2]]) };
  const { screen } = await hub.watch('a', { after, resumption: tPlace(place) });
  await screen.until(() => screen.versions.includes(3));
  expect(screen.versions).toEqual([3]);
});

test('nor is it shown again behind a later cursor of the same log', async () => {
  const hub = start();
  const first = await hub.watch('a');
  const { epoch } = placeOf(first.subscription);
  await hub.count('a');
  const { lastCursor: after } = first.screen;
  await hub.count('a', 2);
  const place = { epoch, offset: 0, at: unknownTime, snapshotVersions: new Map([['a', 2]]) };
  const { screen } = await hub.watch('a', { after, resumption: tPlace(place) });
  await screen.until(() => screen.versions.includes(3));
  expect(screen.versions).toEqual([3]);
});

test('a cursor that somebody made up is not later than a place', async () => {
  const hub = start();
  const first = await hub.watch('a');
  await hub.count('a', 3);
  const place = placeOf(first.subscription);
  const text = Buffer.from(first.screen.lastCursor, 'base64url').toString('latin1');
  const forged = Buffer.from(text.replace(/^([^.]*)\.3\./, '$1.9.')).toString('base64url');
  await hub.count('a', 2);
  const { screen } = await hub.watch('a', { after: forged, resumption: tPlace(place) });
  expect(screen.versions).toEqual([4, 5]);
});

test('whoever was here before and has acknowledged nothing is shown the state, as one that stands for what was missed', async () => {
  const hub = start();
  await hub.count('a', 2);
  const asked: (number | null)[] = [];
  const source = {
    snapshot: ({ since }: { readonly since: number | null }) => {
      asked.push(since);
      const toValue = (cursor: string) => ({ name: 'a', version: 2, cursor, kind: 'SNAPSHOT' });
      return Promise.resolve([{ toValue, identity: { subject: 'a', version: 2 } }]);
    },
  };
  for (const place of [null, 'unknown'] as const) {
    const { screen } = await hub.watch('a', { source, resumption: tPlace(place) });
    await screen.until(() => screen.versions.length === 1);
  }
  expect(asked).toEqual([null, unknownTime]);
});

test('begins as it is asked to where no place is known', async () => {
  const hub = start();
  await hub.count('a', 2);
  const { screen } = await hub.watch('a', { resumption: tPlace(null) });
  expect(screen.kinds).toEqual(['SNAPSHOT']);
});

test('its place is asked for with the position where a stream begins that says nothing at first', async () => {
  const hub = start();
  const silent = { beginsWithSnapshot: false };
  const first = await hub.watch('a', { source: silent });
  await hub.count('a', 2);
  const live = tPlace(null);
  await hub.watch('a', { source: silent, resumption: live });
  expect(live.requests[0]!.begin).toMatchObject({ epoch: first.subscription.position!.epoch, offset: 2 });
  const shown = tPlace(null);
  await hub.watch('b', { resumption: shown });
  const behind = tPlace(null);
  await hub.watch('a', { source: silent, after: first.screen.lastCursor, resumption: behind });
  expect([shown, behind].map(({ requests }) => requests[0]!.begin)).toEqual([null, null]);
});

test('with a place of a log that was lost it begins anew, and says so', async () => {
  const log = losable();
  const hub = start({ eventLog: log.wrap });
  const first = await hub.watch('a');
  await hub.count('a', 2);
  const place = placeOf(first.subscription);
  await log.lose();
  await hub.count('a', 1);
  const { screen } = await hub.watch('a', { resumption: tPlace(place) });
  expect([screen.kinds[0], screen.versions.at(-1)]).toEqual(['SNAPSHOT', 3]);
});

test('says how far it has come only while no snapshot is under way', async () => {
  const hub = start();
  await hub.count('a', 2);
  const room = Promise.withResolvers<void>();
  const screen = new Screen();
  screen.full = room.promise;
  const { subscription } = await hub.watch('a', { screen });
  expect([subscription.position, screen.kinds]).toEqual([null, []]);
  screen.full = undefined;
  room.resolve();
  await screen.until(() => screen.kinds.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(subscription.position).toMatchObject({ offset: 2 });
  await hub.count('a');
  expect(subscription.position).toMatchObject({ offset: 3 });
});

test('a stream to which nothing has come yet has the date of its place, not that of when it began', async () => {
  const hub = start();
  await hub.relay('a', 1);
  const at = hub.clock.now();
  await hub.clock.advance(60_000);
  const { epoch, offset } = await hub.eventLog.position('count:a');
  const { subscription } = await hub.watch('a', { resumption: tPlace({ epoch, offset, at }) });
  // What was committed meanwhile may be appended, and trimmed, while its client is away.
  expect(subscription.position).toMatchObject({ epoch, offset, at });
});

test('what the snapshot has shown beyond its position is not shown again after a return', async () => {
  const hub = start();
  await hub.count('a', 2);
  // The record is ahead of the log.
  hub.counts.set('a', 4);
  const first = await hub.watch('a');
  expect(first.screen.versions).toEqual([4]);
  const place = placeOf(first.subscription);
  for (const version of [3, 4, 5]) await hub.relay('a', version);
  const { screen } = await hub.watch('a', { resumption: tPlace(place) });
  await screen.until(() => screen.versions.length > 0);
  expect(screen.versions).toEqual([5]);
});
