/** What a process does with the slots that it holds: reports, renewals, outages of the store, and slots that others have taken. */
import { expect, test } from '@jest/globals';
import { at, operation, tStore, variables } from '../support/slot-keepers.ts';

test('what clients have is reported once a second, in one batch, and only where it has changed', async () => {
  const { clock, batches, tProcess } = tStore();
  const { begin } = tProcess();
  const one = await begin();
  await one.found;
  for (const offset of [1, 2, 3]) one.acknowledge(offset);
  expect(batches).toEqual([]);
  await clock.advance(1_000);
  expect(batches.map((moves) => moves.map(({ position }) => position))).toEqual([
    [expect.stringMatching(/^e 3 /)],
  ]);
  one.acknowledge(3);
  await clock.advance(5_000);
  expect(batches).toHaveLength(1);
});

test('a renewal leaves the position as it is that the process has yet to hear of', async () => {
  const { clock, setDeaf, tProcess } = tStore();
  const one = await tProcess().begin(3);
  await one.found;
  one.acknowledge(5);
  await one.slot.leave();
  setDeaf(true);
  const { keeper, begin } = tProcess();
  const two = await begin(20);
  keeper.renewAll();
  await clock.advance(2_000);
  setDeaf(false);
  await clock.advance(2_000);
  expect(await two.found).toMatchObject({ epoch: 'e', offset: 5 });
});

test('a killed process leaves what it has reported', async () => {
  const { clock, tProcess } = tStore();
  const one = await tProcess().begin();
  await one.found;
  one.acknowledge(5);
  await clock.advance(1_000);
  one.acknowledge(9);
  const two = await tProcess().begin();
  expect(await two.found).toMatchObject({ epoch: 'e', offset: 5, at });
});

test('whoever was replaced hears of it with the next report, and moves nothing', async () => {
  const { clock, tProcess } = tStore();
  const one = await tProcess().begin();
  await one.found;
  const two = await tProcess().begin();
  await two.found;
  two.acknowledge(7);
  one.acknowledge(3);
  await clock.advance(1_000);
  expect([one.told, two.told]).toEqual([['replaced'], []]);
  await one.slot.leave();
  await two.slot.leave();
  expect(await (await tProcess().begin()).found).toMatchObject({ offset: 7 });
});

test('all slots of a viewer are deleted at once, or when a store that was away is back', async () => {
  const { clock, tProcess, setAway } = tStore();
  const { keeper, begin } = tProcess();
  for (const isAway of [false, true]) {
    const one = await begin();
    await one.found;
    one.acknowledge(5);
    await one.slot.leave();
    setAway(isAway);
    await keeper.deleteAllOf('ana');
    setAway(false);
    if (isAway) await clock.advance(1_000);
    expect(await (await begin()).found).toBeNull();
  }
});

test('within a process a newcomer goes on behind what was acknowledged, also what was not reported yet', async () => {
  const { tProcess } = tStore();
  const { begin } = tProcess();
  const ghost = await begin();
  await ghost.found;
  ghost.acknowledge(4);
  const next = await begin();
  expect(await next.found).toMatchObject({ offset: 4 });
  expect(ghost.told).toEqual(['replaced']);
});

test('a newcomer stops a ghost of its process of which the store does not know', async () => {
  const { tProcess, setAway } = tStore();
  const { begin } = tProcess();
  setAway(true);
  const ghost = await begin();
  await ghost.found;
  setAway(false);
  const next = await begin();
  await next.found;
  expect([ghost.told, next.told]).toEqual([['replaced'], []]);
});

test('a newcomer stops a ghost of its process that has not heard yet that others have replaced it', async () => {
  const { tProcess } = tStore();
  const { begin } = tProcess();
  const ghost = await begin();
  await ghost.found;
  await (
    await tProcess().begin()
  ).found;
  expect(ghost.told).toEqual([]);
  const next = await begin();
  await next.found;
  expect([ghost.told, next.told]).toEqual([['replaced'], []]);
});

test('a slot is held for as long as its connection lives, without an event', async () => {
  const { clock, tProcess } = tStore();
  const one = await tProcess().begin(2);
  await one.found;
  for (let minute = 0; minute < 20; minute += 1) await clock.advance(60_000);
  expect(await (await tProcess().begin()).found).toMatchObject({ offset: 2 });
});

test('an end that cannot be told is told when the store is back', async () => {
  const { clock, tProcess, setAway } = tStore();
  const one = await tProcess().begin();
  await one.found;
  one.acknowledge(6);
  setAway(true);
  await one.slot.leave();
  await clock.advance(3_000);
  setAway(false);
  await clock.advance(1_000);
  const two = await tProcess().begin();
  expect(await two.found).toMatchObject({ offset: 6 });
});

test('an end says what its client has, also where that was reported: the report may be lost', async () => {
  const { clock, batches, tProcess } = tStore();
  const one = await tProcess().begin();
  await one.found;
  one.acknowledge(6);
  await clock.advance(1_000);
  await one.slot.leave();
  expect(batches.at(-1)).toMatchObject([{ act: 'end', position: expect.stringMatching(/^e 6 /) }]);
});

test('a slot that is left after the store has lost it is there for whoever comes back', async () => {
  const { clock, tProcess, lose } = tStore();
  const one = await tProcess().begin();
  await one.found;
  one.acknowledge(6);
  await clock.advance(1_000);
  await lose();
  await one.slot.leave();
  expect(await (await tProcess().begin()).found).toMatchObject({ offset: 6 });
});

test('while the store is away a stream begins anew, and has its slot when that is back', async () => {
  const { clock, tProcess, setAway } = tStore();
  setAway(true);
  const one = await tProcess().begin();
  expect(await one.found).toBeNull();
  one.acknowledge(3);
  setAway(false);
  await clock.advance(2_000);
  expect(await (await tProcess().begin()).found).toMatchObject({ offset: 3 });
});

test.each(['before', 'after'])(
  'what a stream shows again that began while the store was away is not told back: acknowledged %s it took its slot',
  async (when) => {
    const { clock, tProcess, setAway } = tStore();
    const first = await tProcess().begin();
    await first.found;
    first.acknowledge(8);
    await first.slot.leave();
    setAway(true);
    const { begin } = tProcess();
    const one = await begin();
    await one.found;
    if (when === 'before') one.acknowledge(6);
    one.slot.noteHere();
    setAway(false);
    await clock.advance(2_000);
    one.acknowledge(7);
    await clock.advance(2_000);
    const next = await begin();
    expect(await next.found).toMatchObject({ offset: 8 });
    next.acknowledge(9);
    await next.slot.leave();
    expect(await (await tProcess().begin()).found).toMatchObject({ offset: 9 });
  },
);

test.each(['before', 'while', 'after'])(
  'what a snapshot has shown is known to a stream that took its slot late: acknowledged %s it took that',
  async (when) => {
    const { clock, tProcess, setAway } = tStore();
    const first = await tProcess().begin();
    await first.found;
    first.acknowledge(5, new Map([['c', 9]]));
    await first.slot.leave();
    setAway(true);
    const { begin } = tProcess();
    const one = await begin();
    await one.found;
    const shown = new Map([['a', 2]]);
    if (when === 'before') one.acknowledge(5, shown);
    one.slot.noteHere();
    if (when === 'while') one.slot.ask();
    setAway(false);
    await clock.advance(2_000);
    if (when === 'while') one.slot.acknowledge('client');
    if (when === 'after') one.acknowledge(5, shown);
    await clock.advance(2_000);
    const next = await begin();
    const found = await next.found;
    expect(found).toMatchObject({ offset: 5 });
    const versions = typeof found === 'object' && found?.snapshotVersions;
    expect(versions && versions.get('c')).toBe(9);
    if (when !== 'while') expect(versions && versions.get('a')).toBe(2);
  },
);

test.each(['moved', 'left'])(
  'what a stream shows again is not told back before the store has said where its client is: %s',
  async (how) => {
    const { clock, tProcess, setAway, setSlow, batches } = tStore();
    const first = await tProcess().begin();
    await first.found;
    first.acknowledge(8);
    await first.slot.leave();
    setAway(true);
    const one = await tProcess().begin();
    await one.found;
    one.acknowledge(6);
    const answer = setSlow();
    setAway(false);
    await clock.advance(1_000);
    const told = batches.length;
    one.acknowledge(7);
    if (how === 'left') await one.slot.leave();
    await clock.advance(2_000);
    answer();
    await clock.advance(2_000);
    const positions = batches.slice(told).flatMap((writes) => writes.map(({ position }) => position));
    expect(positions).toEqual([how === 'left' ? null : expect.stringMatching(/^e 8 /)]);
    expect(await (await tProcess().begin()).found).toMatchObject({ offset: 8 });
  },
);

test('a slot that is just being asked for is not renewed: others have it, as far as anybody knows', async () => {
  const { clock, tProcess, setSlow, batches } = tStore();
  const one = await tProcess().begin();
  await one.found;
  const answer = setSlow();
  const { begin, keeper } = tProcess();
  const next = await begin();
  keeper.renewAll();
  await clock.advance(300_000);
  const ofNext = () => batches.flat().filter(({ generation }) => generation === next.slot.generation);
  expect(ofNext()).toEqual([]);
  answer();
  await next.found;
  keeper.renewAll();
  await clock.advance(1_000);
  expect(ofNext()).toMatchObject([{ act: 'renew' }]);
});

test('a stream that would begin without a word waits for the store', async () => {
  const { clock, tProcess, setAway } = tStore();
  const first = await tProcess().begin(1);
  await first.found;
  first.acknowledge(5);
  await first.slot.leave();
  setAway(true);
  const one = await tProcess().begin(9);
  let isFound = false;
  void one.found.then(() => (isFound = true));
  for (let second = 0; second < 20; second += 1) await clock.advance(1_000);
  expect(isFound).toBe(false);
  setAway(false);
  await clock.advance(2_000);
  expect(await one.found).toMatchObject({ offset: 5 });
});

test('whoever waits for the store may leave', async () => {
  const { clock, tProcess, setAway } = tStore();
  setAway(true);
  const one = await tProcess().begin(9);
  const left = expect(one.found).rejects.toThrow('They have left.');
  one.leaving.abort(new Error('They have left.'));
  await clock.advance(2_000);
  await left;
});

test('a store that has lost everything is told again, once each client has shown that it is here', async () => {
  const { clock, tProcess, lose } = tStore();
  const { keeper, begin } = tProcess();
  const one = await begin();
  await one.found;
  one.acknowledge(4);
  await clock.advance(1_000);
  await lose();
  keeper.renewAll();
  await clock.advance(1_000);
  expect(one.told).toEqual(['doubted']);
  one.acknowledge(4);
  await clock.advance(1_000);
  expect(await (await tProcess().begin()).found).toMatchObject({ offset: 4 });
});

test('an operation that was refused before it was looked for leaves no place', async () => {
  const { tProcess } = tStore();
  const { begin } = tProcess();
  const one = await begin(2);
  await one.found;
  await one.slot.leave();
  const keeper = tProcess().keeper;
  const owner = { replaced: () => {}, doubted: () => {} };
  keeper
    .slotOf({ viewerId: 'ana', operationId: 'id', owner, signal: new AbortController().signal })
    .refuse(operation, variables);
  expect(await (await begin()).found).toBeNull();
});

test('a stream that began while the store was away takes its slot once its client has shown that it is here: a ghost never', async () => {
  const { clock, setAway, tProcess } = tStore();
  setAway(true);
  const ghost = await tProcess().begin();
  await ghost.found;
  // Its client has it, and moves to another network.
  ghost.acknowledge(2);
  await clock.advance(1_000);
  setAway(false);
  const moved = await tProcess().begin();
  expect(await moved.found).toBeNull();
  await clock.advance(500);
  moved.acknowledge(7);
  await clock.advance(5_000);
  expect(moved.told).toEqual([]);
  expect(ghost.told).toContain('doubted');
  const next = await tProcess().begin();
  expect(await next.found).toMatchObject({ epoch: 'e', offset: 7 });
  // Where it is no ghost, it has the slot with the next report.
  ghost.acknowledge(9);
  await clock.advance(1_000);
  const last = await tProcess().begin();
  expect(await last.found).toMatchObject({ epoch: 'e', offset: 9 });
});

test('who still waits for the store is a ghost when its client is back in the same process', async () => {
  const { clock, setAway, tProcess } = tStore();
  setAway(true);
  const { begin } = tProcess();
  const [first, second] = [await begin(3), await begin(3)];
  await clock.advance(10);
  setAway(false);
  const moved = await begin(3);
  expect(await moved.found).toBeNull();
  expect([first.told, second.told, moved.told]).toEqual([['replaced'], ['replaced'], []]);
  for (const { leaving } of [first, second]) leaving.abort(new Error('left'));
  await expect(first.found).rejects.toThrow('left');
  await expect(second.found).rejects.toThrow('left');
});

test('a place that others contend for is looked back for where the store has lost where it was', async () => {
  const { lose, tProcess } = tStore();
  await lose();
  const found = [];
  // Of those who take it from each other the last ones are refused.
  for (let number = 0; number < 8; number += 1) found.push(await (await tProcess().begin(3)).found);
  expect(found).toEqual(Array(8).fill(expect.objectContaining({ epoch: 'lost' })));
  // A stream that shows its state first need not be looked back for, and is told that it begins anew.
  expect(await (await tProcess().begin()).found).toBe('unknown');
});

test('a stream that finds no room for its slot is taken for one that was here before', async () => {
  const { tProcess } = tStore();
  const { begin } = tProcess();
  for (let number = 0; number < 100; number += 1) await (await begin(3, `id ${number}`)).found;
  expect(await (await begin(3, 'one more')).found).toMatchObject({ epoch: 'lost' });
  expect(await (await begin(null, 'and one more')).found).toBe('unknown');
});
