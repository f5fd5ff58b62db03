/** A client that compares positions hears of everything that was lost on its way, and of nothing else. */
import { setImmediate as afterAllPromises } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createRandom, pick, type Random } from '../../src/cli/replay/random.ts';
import { streamPosition } from '../../src/realtime/topics/compared-position.ts';
import { Screen, tHub, type CountUpdate, type HubFixture, type WatchOptions } from '../support/hub.ts';
import { losable } from '../support/losable-log.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const query = `subscription ($name: String!, $after: String) {
  counted(name: $name, after: $after) { name version cursor kind position follows } }`;
const isEven = (version: number) => version % 2 === 0;
const passesOf = (version: number) => (isEven(version) ? ['*', 'even'] : ['*']);

/** Of a topic: every event, by a filter that every event passes, or the even versions alone. */
const kinds = ['plain', '*', 'even'] as const;
type Kind = (typeof kinds)[number];
const sourceOf: Readonly<Record<Kind, NonNullable<WatchOptions['source']>>> = {
  plain: {},
  '*': { filter: '*' },
  even: { filter: 'even', accepts: ({ event }) => isEven(event.version) },
};

test('positions are texts of one width, of which the later one is larger', () => {
  const began = 1_764_000_000_000;
  const positions = [
    ...[0, 9, 10, 35, 36, 99, 100, 2 ** 52].map((offset) => streamPosition(began, offset)),
    ...[1, 10, 1_000_000_000].map((later) => streamPosition(began + later, 0)),
  ];
  expect([...positions].sort()).toEqual(positions);
  expect(new Set(positions.map(({ length }) => length)).size).toBe(1);
});

describe('an event follows', () => {
  test.each(kinds)('the one before it that is shown: %s', async (kind) => {
    const { watch, relay, counts } = start();
    counts.set('a', 0);
    const { screen } = await watch('a', { query, source: sourceOf[kind] });
    for (let version = 1; version <= 8; version += 1) await relay('a', version, passesOf(version));
    const [begin, ...events] = screen.shown;
    expect(begin!.follows).toBeNull();
    expect(events.map(({ follows }) => follows)).toEqual(
      screen.shown.slice(0, -1).map(({ position }) => position),
    );
  });

  test('the same, whether it is live, replayed or resumed', async () => {
    const { watch, relay } = start();
    const live = await watch('a', { query, source: sourceOf.even });
    for (let version = 1; version <= 600; version += 1) await relay('a', version, passesOf(version));
    const after = live.screen.shown[0]!.cursor;
    const late = await watch('a', { query, source: sourceOf.even, after });
    await late.screen.until(() => late.screen.versions.includes(600));
    expect(late.screen.shown).toEqual(live.screen.shown.slice(1));
  });

  test('nothing that is known, where somebody has appended without saying what passes', async () => {
    const { watch, relay } = start();
    const { screen } = await watch('a', { query, source: sourceOf.even });
    await relay('a', 2, passesOf(2));
    await relay('a', 4);
    await relay('a', 6, passesOf(6));
    await relay('a', 8, passesOf(8));
    const [, two, four, six, eight] = screen.shown;
    expect([two!.follows, four!.follows, six!.follows]).toEqual([screen.shown[0]!.position, null, null]);
    expect(eight!.follows).toBe(six!.position);
  });

  test('what a snapshot contained already is no gap: the next event follows what came before it', async () => {
    const { watch, relay, counts, executions } = start();
    await relay('a', 1);
    counts.set('a', 3);
    const ahead = await Promise.all([watch('a', { query }), watch('a', { query })]);
    counts.set('a', 1);
    const { screen } = await watch('a', { query });
    const before = (await executions())['event'] ?? 0;
    for (const version of [2, 3, 4, 5]) await relay('a', version);
    await Promise.all(ahead.map(async (each) => each.screen.until(() => each.screen.versions.includes(5))));
    for (const each of ahead) {
      const [begin, four, five] = each.screen.shown;
      expect(each.screen.versions).toEqual([3, 4, 5]);
      expect([four!.follows, five!.follows]).toEqual([begin!.position, four!.position]);
    }
    expect(screen.shown.at(-2)!.follows).toBe(screen.shown.at(-3)!.position);
    // That of version 4 was made twice: for those who were shown version 3 as an event, and for the others together.
    expect((await executions())['event']).toBe(before + 5);
  });

  test('nor is it one for whoever comes back between such an event and the next', async () => {
    const { watch, relay, counts } = start();
    await relay('a', 1);
    counts.set('a', 3);
    const first = await watch('a', { query });
    for (const version of [2, 3]) await relay('a', version);
    await first.screen.until(() => first.screen.versions.length === 1);
    const { epoch, offset, at, snapshotVersions } = first.subscription.position!;
    const place = { epoch, offset, at, snapshotVersions: new Map(snapshotVersions ?? []) };
    first.subscription.leave();
    const { screen } = await watch('a', { query, resumption: { find: () => Promise.resolve(place) } });
    await relay('a', 4);
    await screen.until(() => screen.versions.length === 1);
    expect(screen.shown).toMatchObject([{ version: 4, follows: first.screen.shown[0]!.position }]);
  });

  test('who does not ask for it shares the event with all others', async () => {
    const { watch, relay, counts, executions } = start();
    counts.set('a', 2);
    const { screen } = await watch('a');
    for (const version of [1, 2, 3]) await relay('a', version);
    await screen.until(() => screen.versions.includes(3));
    expect((await executions())['event']).toBe(3);
  });
});

/** Something on the way drops what it likes. The client asks again as soon as it notices. */
class Listener extends Screen {
  readonly kind: Kind;
  /** The largest position that it has seen, or begun with. */
  #last = '';
  #cursor: string | undefined;
  /** Events of this stream that were dropped behind the last one that came through. */
  #dropped = 0;
  isDropping = false;
  isBehind = false;
  readonly faults: string[] = [];
  told = 0;
  unknown = 0;

  constructor(kind: Kind) {
    super();
    this.kind = kind;
  }

  get after(): string | undefined {
    return this.#cursor;
  }

  begin(isAnew: boolean): void {
    this.#dropped = 0;
    this.isBehind = false;
    if (isAnew) this.#last = '';
  }

  override send(frame: Parameters<Screen['send']>[0]): void {
    super.send(frame);
    const update = this.shown.at(-1)!;
    if (this.isBehind) return;
    if (this.isDropping && update.kind === 'EVENT') this.#dropped += 1;
    else this.#take(update);
  }

  #take({ position, follows, cursor, kind, version }: CountUpdate): void {
    const isGap = Boolean(this.#last && follows && follows > this.#last);
    const isOtherLog = follows?.slice(0, 9) !== this.#last.slice(0, 9);
    if (isGap && this.#dropped === 0 && !isOtherLog) this.faults.push(`a gap before ${version} that is none`);
    if (!isGap && this.#dropped > 0 && kind === 'EVENT' && this.#last) {
      if (follows === null) this.unknown += 1;
      else this.faults.push(`a gap before ${version} that nobody told`);
    }
    this.isBehind = isGap;
    if (isGap) this.told += 1;
    if (isGap) return;
    this.#dropped = 0;
    this.#cursor = cursor;
    if (position! > this.#last) this.#last = position!;
  }
}

class Way {
  readonly #random: Random;
  readonly #fixture: HubFixture;
  readonly #lose: () => Promise<void>;
  readonly listeners = [...kinds, ...kinds].map((kind) => new Listener(kind));
  readonly #leaving = new Map<Listener, () => void>();
  #relayed = 0;
  #isUpdated = false;

  constructor(seed: number) {
    const { wrap, lose } = losable();
    this.#random = createRandom(seed);
    this.#fixture = start({ eventLog: wrap, bounds: { maxEvents: 6, maxAgeMs: 3_600_000 } });
    this.#lose = lose;
    this.#fixture.counts.set('a', 0);
  }

  async run(steps: number, { isUpdated }: { readonly isUpdated: boolean }): Promise<void> {
    this.#isUpdated = isUpdated;
    for (const listener of this.listeners) await this.#subscribe(listener, true);
    for (let step = 0; step < steps; step += 1) {
      await this.#happen();
      await settled();
      for (const listener of this.listeners) if (listener.isBehind) await this.#subscribe(listener, false);
    }
    this.#leaving.forEach((leave) => leave());
  }

  async #happen(): Promise<void> {
    const { counts } = this.#fixture;
    const listener = pick(this.#random, this.listeners as [Listener, ...Listener[]]);
    const lot = Math.floor(this.#random() * 20);
    if (lot < 4) counts.set('a', counts.get('a')! + 1);
    else if (lot < 12) await this.#relay();
    else if (lot < 13) await this.#append(Math.max(1, this.#relayed));
    else if (lot < 15) listener.isDropping = !listener.isDropping;
    else if (lot < 17) await this.#subscribe(listener, false);
    else if (lot < 18) await this.#subscribe(listener, true);
    else if (lot < 19) await this.#lose();
    else this.#fixture.clock.advance(1).catch((error: unknown) => listener.faults.push(String(error)));
  }

  /** What was committed and not yet relayed comes first. */
  async #relay(): Promise<void> {
    const { counts } = this.#fixture;
    this.#relayed += 1;
    counts.set('a', Math.max(counts.get('a')!, this.#relayed));
    await this.#append(this.#relayed);
  }

  #append(version: number): Promise<void> {
    const isOld = this.#isUpdated && this.#random() < 0.2;
    return this.#fixture.relay('a', version, isOld ? undefined : passesOf(version));
  }

  async #subscribe(listener: Listener, isAnew: boolean): Promise<void> {
    this.#leaving.get(listener)?.();
    listener.begin(isAnew || listener.after === undefined);
    const after = isAnew ? {} : listener.after === undefined ? {} : { after: listener.after };
    const { subscription } = await this.#fixture.watch('a', {
      ...{ query, source: sourceOf[listener.kind], screen: listener, ...after },
      // A group of their own for each kind: its members share their source.
      scope: { [listener.kind]: true },
    });
    this.#leaving.set(listener, () => subscription.leave());
    await settled();
  }
}

const settled = async () => {
  for (let turn = 0; turn < 6; turn += 1) await afterAllPromises();
};

test.each([
  ['every process says what passes', false],
  ['some processes do not say what passes', true],
])(
  'a client that compares hears of each gap and of no other, while %s',
  async (_name, isUpdated) => {
    const total = { told: 0, unknown: 0 };
    const faults: string[] = [];
    for (let seed = 1; seed <= 60; seed += 1) {
      const way = new Way(seed);
      await way.run(150, { isUpdated });
      for (const { told, unknown, faults: found, kind } of way.listeners) {
        total.told += told;
        total.unknown += unknown;
        faults.push(...found.map((fault) => `seed ${seed}, ${kind}: ${fault}`));
      }
      await fixture!.hub.close();
      await fixture!.eventLog.close();
    }
    expect(faults).toEqual([]);
    expect(total.told).toBeGreaterThan(100);
    if (isUpdated) expect(total.unknown).toBeGreaterThan(0);
    else expect(total.unknown).toBe(0);
  },
  120_000,
);
