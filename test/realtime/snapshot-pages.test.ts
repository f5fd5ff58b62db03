/** A snapshot of many items is read page by page as its readers take it, shared by those who come together, and fair. */
import { afterEach, expect, test } from '@jest/globals';
import type { Frame } from '../../src/realtime/frame.ts';
import { pagesOf, type SubscriptionSource } from '../../src/realtime/source.ts';
import { Screen, tHub, type Count, type HubFixture } from '../support/hub.ts';
import { until } from '../support/until.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const everythingSettled = () => new Promise((resolve) => setImmediate(resolve));

interface PagedOptions {
  readonly items: number;
  /** In the name of each item. */
  readonly padding?: string;
  /** The version of each item as it is read; 1 unless given. */
  readonly versionOf?: (item: number) => number;
  /** When the items came to be. */
  readonly at?: number;
}

/** Items `item-1`, `item-2` …, and which pages of them were read. */
function paged({ items, padding = '', versionOf = () => 1, at = Infinity }: PagedOptions) {
  const reads: number[] = [];
  const read: SubscriptionSource<Count>['snapshot'] = () =>
    Promise.resolve(
      pagesOf(range(1, items), (some) => {
        reads.push(some[0]!);
        return Promise.resolve(
          some.map((item) => ({
            toValue: (cursor) => ({
              ...{ name: `item-${item}${padding}`, version: versionOf(item) },
              ...{ cursor, kind: 'SNAPSHOT' },
            }),
            identity: { subject: `item-${item}`, version: versionOf(item), at },
          })),
        );
      }),
    );
  return { reads, source: { snapshot: read } };
}

/** A reader who takes a number of frames at a time. */
class SlowScreen extends Screen {
  #room: number;
  #hasRoom: PromiseWithResolvers<void> | undefined;

  constructor(room: number) {
    super();
    this.#room = room;
  }

  override send(frame: Frame): void {
    this.#room -= 1;
    super.send(frame);
  }

  override ready(): Promise<void> | undefined {
    if (this.#room > 0) return undefined;
    this.#hasRoom ??= Promise.withResolvers();
    return this.#hasRoom.promise;
  }

  take(frames: number): void {
    this.#room = frames;
    this.#hasRoom?.resolve();
    this.#hasRoom = undefined;
  }
}

test('no page is read before the one ahead of it was taken, and all come in order', async () => {
  const { watch, count } = start();
  const { reads, source } = paged({ items: 350 });
  const slow = new SlowScreen(30);
  const { screen } = await watch('a', { source, screen: slow });
  await everythingSettled();
  expect({ shown: screen.shown.length, reads }).toEqual({ shown: 30, reads: [1] });
  slow.take(70);
  await screen.until(() => screen.shown.length === 100);
  await everythingSettled();
  expect(reads).toEqual([1]);
  slow.take(1);
  await screen.until(() => screen.shown.length === 101);
  await everythingSettled();
  expect(reads).toEqual([1, 101]);
  slow.take(1_000);
  await screen.until(() => screen.shown.length === 350);
  expect(reads).toEqual([1, 101, 201, 301]);
  expect(screen.shown.map(({ name }) => name)).toEqual(range(1, 350).map((item) => `item-${item}`));
  await count('a');
  await screen.until(() => screen.kinds.includes('EVENT'));
});

test('who leaves in the middle ends it', async () => {
  const { watch } = start();
  const { reads, source } = paged({ items: 350 });
  const slow = new SlowScreen(150);
  const { screen, subscription } = await watch('a', { source, screen: slow });
  await screen.until(() => screen.shown.length === 150);
  subscription.leave();
  slow.take(1_000);
  await everythingSettled();
  expect({ shown: screen.shown.length, reads }).toEqual({ shown: 150, reads: [1, 101] });
});

test('those who begin together share the pages, however fast they are', async () => {
  const { watch, executions } = start();
  const { reads, source } = paged({ items: 250 });
  const slow = new SlowScreen(120);
  const viewers = await Promise.all(
    [new Screen(), slow, new Screen()].map((screen, index) =>
      watch('a', { source, screen, viewerId: `viewer-${index}` }),
    ),
  );
  await Promise.all(
    [0, 2].map((index) => viewers[index]!.screen.until(() => viewers[index]!.screen.shown.length === 250)),
  );
  slow.take(1_000);
  await slow.until(() => slow.shown.length === 250);
  expect(reads).toEqual([1, 101, 201]);
  expect((await executions())['snapshot']).toBe(250);
});

test('a page that is no longer kept is made again, and what it shows newer is not sent again', async () => {
  const { watch, eventLog, clock } = start();
  let version = 1;
  // So much that no page is kept.
  const { reads, source } = paged({
    ...{ items: 200, padding: 'x'.repeat(100_000) },
    versionOf: (item) => (item === 101 ? version : 1),
  });
  const slow = new SlowScreen(100);
  const [fast] = await Promise.all([
    watch('a', { source }),
    watch('a', { source, screen: slow, viewerId: 'slow' }),
  ]);
  await fast.screen.until(() => fast.screen.shown.length === 200);
  version = 2;
  slow.take(1_000);
  await slow.until(() => slow.shown.length === 200);
  expect(reads).toEqual([1, 101, 101]);
  for (const next of [1, 2, 3]) {
    const event = { id: `${next}`, at: clock.now(), data: { name: 'item-101', version: next } };
    await eventLog.append([{ topic: 'count:a', event }]);
  }
  for (const screen of [fast.screen, slow]) await screen.until(() => screen.versions.at(-1) === 3);
  expect([fast.screen, slow].map(({ versions }) => versions[100])).toEqual([1, 2]);
  expect(fast.screen.versions.slice(200)).toEqual([2, 3]);
  expect(slow.versions.slice(200)).toEqual([3]);
});

test('the cursor of the last frame goes on behind the snapshot, and any other leads to all of it', async () => {
  const { watch, count } = start();
  const { source } = paged({ items: 150 });
  const { screen, subscription } = await watch('a', { source });
  await screen.until(() => screen.shown.length === 150);
  subscription.leave();
  await count('a');
  const back = await watch('a', { source, after: screen.shown[120]!.cursor });
  await back.screen.until(() => back.screen.shown.length === 150);
  const on = await watch('a', { source, after: screen.lastCursor });
  await on.screen.until(() => on.screen.shown.length === 1);
  expect(on.screen.kinds).toEqual(['EVENT']);
});

test('versions that are surely older than the position are not held for all who read many items', async () => {
  const { watch, eventLog, clock, count } = start();
  await count('a');
  const { source } = paged({ items: 150, at: clock.now() - 120_000 });
  const { screen } = await watch('a', { source });
  await screen.until(() => screen.shown.length === 150);
  const last = Buffer.from(screen.lastCursor, 'base64url').toString();
  expect(last).not.toContain('~');
  const event = { id: 'again', at: clock.now(), data: { name: 'item-7', version: 1 } };
  await eventLog.append([{ topic: 'count:a', event }]);
  await screen.until(() => screen.kinds.includes('EVENT'));
});

test("one viewer's snapshots wait for each other, and nobody else's for theirs", async () => {
  const { watch } = start();
  const begun: string[] = [];
  const holding = Promise.withResolvers<void>();
  const held = (name: string) => ({
    async snapshot() {
      begun.push(name);
      if (name.startsWith('ana')) await holding.promise;
      return [];
    },
  });
  const opening = range(1, 40).map((number) =>
    watch(`ana-${number}`, { source: held(`ana-${number}`), viewerId: 'ana' }),
  );
  await until('the first have begun', () => begun.length === 12);
  await Promise.all(
    range(1, 20).map((number) =>
      watch(`bob-${number}`, { source: held(`bob-${number}`), viewerId: `bob-${number % 4}` }),
    ),
  );
  expect(begun.filter((name) => name.startsWith('ana'))).toHaveLength(12);
  holding.resolve();
  await Promise.all(opening);
  expect(begun.filter((name) => name.startsWith('ana'))).toHaveLength(40);
});
