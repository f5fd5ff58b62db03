/** A filter costs a comparison: groups that differ by nothing else have their events executed once for all of them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { tHub, type HubFixture, type WatchOptions } from '../support/hub.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const query = `subscription ($name: String!, $every: Int, $after: String) {
  counted(name: $name, every: $every, after: $after) { name version cursor kind position follows } }`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
/** The filters that show a version. */
const passesOf = (version: number) =>
  numbers(version)
    .filter((every) => version % every === 0)
    .map(String);

/** Shows every second, third … version. */
const showing = (every: number) => ({
  query,
  variables: { every },
  source: {
    filter: String(every),
    accepts: ({ event }: { readonly event: { readonly version: number } }) => event.version % every === 0,
  },
});

const executedBy = async ({ executions }: HubFixture, act: () => Promise<void>) => {
  const before = (await executions())['event'] ?? 0;
  await act();
  return ((await executions())['event'] ?? 0) - before;
};

describe('of one document', () => {
  test('a thousand different filters have each event executed once', async () => {
    const hub = start();
    const { watch, relay } = hub;
    const watchers = await Promise.all(
      numbers(1_000).map(async (every) => ({ every, ...(await watch('a', showing(every))) })),
    );
    const versions = numbers(60);
    const executed = await executedBy(hub, async () => {
      for (const version of versions) await relay('a', version, passesOf(version));
    });
    expect(executed).toBe(versions.length);
    expect(hub.hub.groups).toBe(1_000);
    for (const { every, screen } of watchers) {
      expect(screen.versions).toEqual([0, ...versions.filter((version) => version % every === 0)]);
      const [begin, ...events] = screen.shown;
      expect(begin!.follows).toBeNull();
      expect(events.map(({ follows }) => follows)).toEqual(
        screen.shown.slice(0, -1).map(({ position }) => position),
      );
    }
  });

  test('who comes back with another filter is shown what that one shows, from their cursor on', async () => {
    const { watch, relay } = start();
    const { screen } = await watch('a', showing(1));
    for (const version of numbers(600)) await relay('a', version, passesOf(version));
    const [begin, ...events] = screen.shown;
    for (const every of [2, 3]) {
      const shown = events.filter(({ version }) => version % every === 0);
      const late = await watch('a', { ...showing(every), after: begin!.cursor });
      await late.screen.until(() => late.screen.versions.length === shown.length);
      const follows = [begin, ...shown].slice(0, -1).map((before) => before!.position);
      expect(late.screen.shown).toEqual(
        shown.map((update, index) => ({ ...update, follows: follows[index] })),
      );
    }
  });

  test('what an event follows is told wherever the operation asks for it', async () => {
    const { watch, relay } = start();
    const apart = `subscription ($name: String!, $every: Int) {
      shown: counted(name: $name, every: $every) { ...Place ... on CountUpdate { again: follows version } } }
      fragment Place on CountUpdate { follows position }`;
    const watchers = await Promise.all(
      [1, 2].map((every) => watch('a', { ...showing(every), query: apart })),
    );
    for (const version of [2, 3, 4]) await relay('a', version, passesOf(version));
    for (const { screen } of watchers) {
      const [begin, ...others] = screen.shown;
      expect(begin).toMatchObject({ follows: null, again: null });
      const before = screen.shown.slice(0, -1).map(({ position }) => position);
      expect(others).toMatchObject(before.map((position) => ({ follows: position, again: position })));
    }
    expect(watchers.map(({ screen }) => screen.versions)).toEqual([
      [0, 2, 3, 4],
      [0, 2, 4],
    ]);
  });

  test('null is told by the filters for which it is not known, and the position by others', async () => {
    const { watch, relay } = start();
    const watchers = await Promise.all([1, 2].map((every) => watch('a', showing(every))));
    await relay('a', 1, ['1']);
    await relay('a', 2);
    await relay('a', 3, ['1']);
    await relay('a', 4, ['1', '2']);
    const [all, even] = watchers.map(({ screen }) => screen.shown);
    expect(all!.map(({ follows }) => follows)).toEqual([
      ...[null, all![0]!.position, null, null],
      all![3]!.position,
    ]);
    expect(even!.map(({ follows }) => follows)).toEqual([null, null, null]);
  });
});

describe('an execution is not shared', () => {
  const both = async (hub: HubFixture, options: readonly WatchOptions[]) => {
    const watchers = await Promise.all(options.map((each) => hub.watch('a', each)));
    const executed = await executedBy(hub, () => hub.relay('a', 2, passesOf(2)));
    return { executed, shown: watchers.map(({ screen }) => screen.shown.at(-1)!) };
  };

  test('where the variable that filters decides what is shown as well', async () => {
    const short = `subscription ($name: String!, $isShort: Boolean = true) {
      counted(name: $name, isShort: $isShort) { name version position @skip(if: $isShort) } }`;
    const options = [true, false].map((isShort) => ({ query: short, variables: { isShort } }));
    const { executed, shown } = await both(start(), options);
    expect(executed).toBe(2);
    expect(shown.map((update) => 'position' in update)).toEqual([false, true]);
  });

  test('by viewers who may see more or less', async () => {
    const options = [true, false].map((seesUsers) => ({ ...showing(1), scope: { seesUsers } }));
    expect((await both(start(), options)).executed).toBe(2);
  });

  test('by viewers who have streams of their own', async () => {
    const options = ['ana', 'bea'].map((viewerId) => ({
      ...{ ...showing(1), viewerId },
      source: { ...showing(1).source, personalTo: viewerId },
    }));
    expect((await both(start(), options)).executed).toBe(2);
  });
});
