/** A subscription whose viewer may see more or less goes on in another group: without a gap, and without showing anything twice. */
import { afterEach, expect, test } from '@jest/globals';
import { pagesOf, type SubscriptionSource } from '../../src/realtime/source.ts';
import { TooManyOpenOperations } from '../../src/realtime/held-operations.ts';
import { Screen, tHub, type Count, type HubFixture } from '../support/hub.ts';
import { losable } from '../support/losable-log.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const everythingSettled = () => new Promise((resolve) => setImmediate(resolve));
const wide = { seesUsers: true };
const narrow = { seesUsers: false };

test('shows what comes next once, and leaves the others of its group where they are', async () => {
  const { watch, count, hub, clock } = start();
  const [one, other] = [await watch('a', { scope: wide }), await watch('a', { scope: wide })];
  await count('a', 3);
  one.subscription.changeScope(narrow);
  expect(hub.groups).toBe(2);
  await count('a', 3);
  one.subscription.changeScope(wide);
  await count('a', 3);
  for (const { screen } of [one, other]) {
    await screen.until(() => screen.versions.includes(9));
    expect(screen.versions).toEqual(range(0, 9));
  }
  // Nobody has the other scope any more.
  await clock.advance(1_001);
  expect(hub.groups).toBe(1);
});

test('stays where it is when the scope is the same', async () => {
  const { watch, count, hub, executions } = start();
  const { screen, subscription } = await watch('a', { scope: wide });
  subscription.changeScope({ ...wide });
  await count('a', 2);
  await screen.until(() => screen.versions.includes(2));
  expect([hub.groups, (await executions())['event']]).toEqual([1, 2]);
});

/** A screen that is full once it has shown so much, until it is told to take everything. */
class FilledScreen extends Screen {
  readonly #room = Promise.withResolvers<void>();
  readonly #frames: number;
  #isFull = true;

  constructor(frames: number) {
    super();
    this.#frames = frames;
  }

  override ready(): Promise<void> | undefined {
    return this.#isFull && this.shown.length >= this.#frames ? this.#room.promise : undefined;
  }

  takeAll(): void {
    this.#isFull = false;
    this.#room.resolve();
  }
}

test('goes on in the middle of what it has missed', async () => {
  const { watch, count } = start();
  const first = await watch('a', { scope: wide });
  await count('a', 700);
  await first.screen.until(() => first.screen.versions.includes(700));
  const screen = new FilledScreen(100);
  const after = first.screen.shown[0]!.cursor;
  const { subscription } = await watch('a', { scope: wide, after, screen });
  await screen.until(() => screen.shown.length === 100);
  subscription.changeScope(narrow);
  await count('a');
  screen.takeAll();
  await screen.until(() => screen.versions.includes(701));
  expect(screen.versions).toEqual(range(1, 701));
});

test('begins a snapshot anew of which only a part was shown', async () => {
  const { watch, count } = start();
  const read: SubscriptionSource<Count>['snapshot'] = () =>
    Promise.resolve(
      pagesOf(range(1, 250), (some) =>
        Promise.resolve(
          some.map((item) => ({
            toValue: (cursor: string) => ({ name: `item-${item}`, version: item, cursor, kind: 'SNAPSHOT' }),
            identity: null,
          })),
        ),
      ),
    );
  const screen = new FilledScreen(130);
  const { subscription } = await watch('a', { scope: wide, source: { snapshot: read }, screen });
  await screen.until(() => screen.shown.length === 130);
  subscription.changeScope(narrow);
  expect(subscription.position).toBeNull();
  screen.takeAll();
  await screen.until(() => screen.shown.length === 380);
  expect(screen.versions).toEqual([...range(1, 130), ...range(1, 250)]);
  await count('a', 2);
  await screen.until(() => screen.kinds.includes('EVENT'));
  expect(subscription.position).not.toBeNull();
  expect(screen.interruptions).toEqual([]);
});

test('is shown a snapshot where the log was lost in the moment in which it changes', async () => {
  const { wrap, lose } = losable();
  const { watch, count, counts } = start({ eventLog: wrap });
  const watched = await Promise.all(range(1, 6).map(() => watch('a', { scope: wide })));
  await count('a', 2);
  const [before, during, after, ...others] = watched;
  before!.subscription.changeScope(narrow);
  counts.set('a', 7);
  const lost = lose();
  during!.subscription.changeScope(narrow);
  await lost;
  after!.subscription.changeScope(narrow);
  await Promise.all(watched.map(({ screen }) => screen.until(() => screen.versions.includes(7))));
  await count('a');
  await Promise.all(watched.map(({ screen }) => screen.until(() => screen.versions.includes(8))));
  for (const { screen } of others) expect(screen.versions).toEqual([0, 1, 2, 7, 8]);
  for (const { screen } of [before!, during!, after!]) {
    expect([...new Set(screen.versions)]).toEqual([0, 1, 2, 7, 8]);
    expect(screen.interruptions).toEqual([]);
  }
});

test('loses nothing and doubles nothing, whenever it changes', async () => {
  const { watch, count } = start();
  const { screen, subscription } = await watch('a', { scope: wide });
  let version = 0;
  for (let round = 0; round < 100; round += 1) {
    const changes = round % 4;
    const counting = count('a', changes);
    version += changes;
    if (round % 3 === 0) await counting;
    if (round % 7 === 0) await everythingSettled();
    subscription.changeScope(round % 2 === 0 ? narrow : wide);
    await counting;
  }
  await count('a');
  await screen.until(() => screen.versions.includes(version + 1));
  expect(screen.versions).toEqual(range(0, version + 1));
});

test('goes on as before where no other operation may be held', async () => {
  const limits = { maxOpenOperationBytesPerViewer: 1_000_000, maxOpenOperationBytes: 1_000_000 };
  const { watch, count } = start({ limits });
  const { screen, subscription } = await watch('a', { scope: wide });
  limits.maxOpenOperationBytesPerViewer = 0;
  expect(() => subscription.changeScope(narrow)).toThrow(TooManyOpenOperations);
  await count('a');
  await screen.until(() => screen.versions.includes(1));
});

test('changes nothing once it was left', async () => {
  const { watch, count, hub, clock } = start();
  const { screen, subscription } = await watch('a', { scope: wide });
  subscription.leave();
  subscription.changeScope(narrow);
  await count('a');
  await clock.advance(1_001);
  expect([screen.versions, hub.groups]).toEqual([[0], 0]);
});
