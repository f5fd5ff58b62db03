/** What a stream makes of cursors that it cannot believe or continue: it begins anew, and a board says that it cannot. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createCursorFormat, CursorTooOldError } from '../../src/realtime/cursors/cursor.ts';
import { tCursorKeys } from '../support/cursors.ts';
import { tHub, type HubFixture } from '../support/hub.ts';
import { unsignedCursor } from '../support/last-release.ts';
import { losable } from '../support/losable-log.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const cursors = createCursorFormat('count:a', tCursorKeys());
const foreign = createCursorFormat('count:a', tCursorKeys('another secret'));
const hourMs = 3_600_000;

/** A board of one count, with the dates that its snapshots were asked for. */
function tBoard(options: Parameters<typeof tHub>[0] = {}) {
  const hub = start(options);
  const asked: (number | null)[] = [];
  const source = {
    beginsWithSnapshot: false,
    showsChanges: true,
    snapshot({ since }: { since: number | null }) {
      asked.push(since);
      const version = hub.counts.get('a') ?? 0;
      const toValue = (cursor: string) => ({ name: 'a', version, cursor, kind: 'SNAPSHOT' });
      return Promise.resolve([{ toValue, identity: { subject: 'a', version } }]);
    },
  };
  const watch = (after?: string) => hub.watch('a', { source, ...(after !== undefined && { after }) });
  return { ...hub, watch, asked };
}

describe('a stream that begins with the state', () => {
  test.each([
    ['signed with another key', (at: { epoch: string; offset: number }) => foreign.format({ ...at, at: 7 })],
    [
      'signed by nobody',
      (at: { epoch: string; offset: number }) => unsignedCursor('count:a', { ...at, at: 7 }),
    ],
  ])('begins anew after a cursor that is %s, though its log would go on there', async (_how, make) => {
    const { watch, count, eventLog } = start();
    await count('a', 3);
    const { epoch } = await eventLog.position('count:a');
    const { screen } = await watch('a', { after: make({ epoch, offset: 1 }) });
    await count('a');
    await screen.until(() => screen.versions.includes(4));
    expect(screen.kinds).toEqual(['SNAPSHOT', 'EVENT']);
    expect(screen.versions).toEqual([3, 4]);
  });

  test('goes on after one of the release before, while an update from that rolls', async () => {
    const hub = start({ unsignedUntil: Number.MAX_SAFE_INTEGER });
    await hub.count('a', 3);
    const { epoch } = await hub.eventLog.position('count:a');
    const after = unsignedCursor('count:a', { epoch, offset: 1, at: hub.clock.now() });
    const { screen } = await hub.watch('a', { after });
    await screen.until(() => screen.versions.length === 2);
    expect(screen.versions).toEqual([2, 3]);
    expect(screen.kinds).toEqual(['EVENT', 'EVENT']);
  });

  test('does so until the update is over', async () => {
    const hub = start({ unsignedUntil: 1 });
    await hub.count('a', 3);
    const { epoch } = await hub.eventLog.position('count:a');
    const after = unsignedCursor('count:a', { epoch, offset: 1, at: hub.clock.now() });
    const { screen } = await hub.watch('a', { after });
    expect(screen.kinds).toEqual(['SNAPSHOT']);
  });
});

describe('a board', () => {
  test('shows what has changed since a cursor of a lost log that it believes', async () => {
    const { watch, count, clock, asked } = tBoard();
    await count('a');
    const at = clock.now() - hourMs + 1;
    const { screen } = await watch(cursors.format({ epoch: 'lost', offset: 9, at }));
    expect(screen.kinds).toEqual(['SNAPSHOT']);
    expect(asked).toEqual([at]);
  });

  test.each([
    [
      'that is older than the log',
      (now: number) => cursors.format({ epoch: 'lost', offset: 9, at: now - hourMs - 1 }),
    ],
    [
      'with a date that it does not believe',
      (now: number) => foreign.format({ epoch: 'lost', offset: 9, at: now }),
    ],
    [
      'of the release before',
      (now: number) => unsignedCursor('count:a', { epoch: 'lost', offset: 9, at: now }),
    ],
  ])('refuses a cursor %s at once, and reads nothing', async (_how, make) => {
    const { watch, count, clock, asked, hub } = tBoard();
    await count('a');
    const refused = watch(make(clock.now()));
    await expect(refused).rejects.toThrow(CursorTooOldError);
    await expect(refused).rejects.toThrow('list anew');
    expect(asked).toEqual([]);
    expect(hub.groups).toBe(0);
  });

  test('goes on after an old cursor that its log continues', async () => {
    const { watch, count, clock, asked, eventLog } = tBoard({
      bounds: { maxEvents: 1_000, maxAgeMs: hourMs },
    });
    await count('a');
    const { epoch, offset } = await eventLog.position('count:a');
    const cursor = cursors.format({ epoch, offset, at: clock.now() });
    const { subscription } = await watch();
    await clock.advance(3 * hourMs);
    const { screen } = await watch(cursor);
    await count('a');
    await screen.until(() => screen.versions.includes(2));
    expect(screen.versions).toEqual([2]);
    expect(asked).toEqual([]);
    subscription.leave();
  });

  test('tells before it begins that its log no longer reaches back to a cursor that is too old', async () => {
    const { watch, count, clock, asked, eventLog } = tBoard({ bounds: { maxEvents: 2, maxAgeMs: hourMs } });
    await count('a');
    const { epoch, offset } = await eventLog.position('count:a');
    const old = cursors.format({ epoch, offset, at: clock.now() });
    await clock.advance(2 * hourMs);
    const { subscription } = await watch();
    const recent = { epoch, offset, at: clock.now() };
    for (let times = 0; times < 7; times += 1) await count('a', 100);
    await expect(watch(old)).rejects.toThrow(CursorTooOldError);
    expect(asked).toEqual([]);
    const { screen } = await watch(cursors.format(recent));
    expect(screen.kinds).toEqual(['SNAPSHOT']);
    expect(asked).toEqual([recent.at]);
    subscription.leave();
  });

  test('that was quiet for longer than the log keeps shows those who watch what they missed when it is lost', async () => {
    const { wrap, lose } = losable();
    const { watch, count, counts, clock, asked } = tBoard({ eventLog: wrap });
    await count('a');
    const { screen } = await watch();
    const at = clock.now();
    await clock.advance(3 * hourMs);
    counts.set('a', 5);
    await lose();
    await screen.until(() => screen.versions.includes(5));
    expect(asked).toEqual([at]);
    expect(screen.interruptions).toEqual([]);
  });
});
