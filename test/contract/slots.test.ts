/** What every implementation of slots promises. */
import { describe, expect, test } from '@jest/globals';
import { heldFor, maxMoves, type SlotKey, type Slots } from '../../src/stores/slots/slots.ts';
import {
  ana,
  bounds,
  fresh,
  slackMs,
  slotsSubjects,
  writeSlot as write,
  type SlotsSubject,
} from '../support/slots-subjects.ts';
import { until } from '../support/until.ts';

const take = (slots: Slots, generation: string, key = ana, begin: string | null = null) =>
  slots.take({ key, generation, begin, from: 'anybody' });

describe.each(slotsSubjects)('slots %s', (name, tSlots) => {
  test('whoever takes one gets the newest position, and who held it', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    expect(await take(slots, 'g1')).toEqual(fresh);
    expect(await write(slots, 'g1', 'move', 'p1')).toBe('written');
    expect(await write(slots, 'g1', 'move', 'p2')).toBe('written');
    expect(await write(slots, 'g1', 'renew')).toBe('written');
    const replaced = { generation: 'g1', process: expect.any(String) };
    expect(await take(twin, 'g2')).toEqual({ outcome: 'taken', position: 'p2', replaced, lostAt: null });
    expect(await write(twin, 'g2', 'end', 'p3')).toBe('written');
    expect(await take(slots, 'g3')).toEqual({
      outcome: 'taken',
      position: 'p3',
      replaced: null,
      lostAt: null,
    });
  });

  test('one begins where it is told to, and not again', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'g1', ana, 'p1');
    await write(slots, 'g1', 'end');
    expect(await take(twin, 'g2', ana, 'p2')).toMatchObject({ position: 'p1' });
    const other = { ...ana, operation: 'other' };
    await take(slots, 'g3', other);
    expect(await take(twin, 'g4', other)).toMatchObject({ position: null });
  });

  test('whoever was replaced writes nothing any more, whatever it is', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'old');
    await write(slots, 'old', 'move', 'p1');
    await take(twin, 'new');
    await write(twin, 'new', 'move', 'p2');
    for (const act of ['move', 'renew', 'restore', 'end', 'delete'] as const)
      expect(await write(slots, 'old', act, 'late')).toBe('replaced');
    expect(await take(slots, 'next')).toMatchObject({
      position: 'p2',
      replaced: { generation: 'new' },
    });
  });

  test('to ask again with the same generation takes it from nobody', async () => {
    await using subject = await tSlots();
    const { slots } = subject;
    await take(slots, 'g1', ana, 'p1');
    for (let again = 0; again < 10; again += 1)
      expect(await take(slots, 'g1')).toEqual({
        outcome: 'taken',
        position: 'p1',
        replaced: null,
        lostAt: null,
      });
  });

  test('whoever asks once more, since no answer has come, is told once more whom it has replaced', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'g1', ana, 'p1');
    const replaced = expect.objectContaining({ generation: 'g1' });
    for (let again = 0; again < 10; again += 1)
      expect(await take(twin, 'g2')).toEqual({ outcome: 'taken', position: 'p1', replaced, lostAt: null });
    await write(twin, 'g2', 'end');
    for (let again = 0; again < 2; again += 1)
      expect(await take(slots, 'g3')).toMatchObject({ outcome: 'taken', replaced: null });
  });

  test.each(['is held', 'was left'])(
    'who was replaced does not get it back by asking once more (%s)',
    async (how) => {
      await using subject = await tSlots();
      const { slots, twin } = subject;
      await take(slots, 'g1', ana, 'p1');
      await take(twin, 'g2');
      await take(twin, 'g3');
      if (how === 'was left') await write(twin, 'g3', 'end', 'p3');
      // What waited for Redis while it was away is sent once more.
      for (const late of ['g1', 'g2'])
        expect(await take(slots, late)).toEqual({ outcome: 'refused', why: 'replaced', position: null });
      expect(await take(slots, 'g4')).toMatchObject({
        outcome: 'taken',
        position: how === 'is held' ? 'p1' : 'p3',
      });
    },
  );

  test('of many who take one at the same time each replaces another', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const taken = await Promise.all(
      ['g1', 'g2', 'g3', 'g4', 'g5'].map((generation, at) => take(at % 2 ? slots : twin, generation)),
    );
    const replaced = taken.flatMap((one) =>
      one.outcome === 'taken' && one.replaced ? one.replaced.generation : [],
    );
    expect(taken.filter(({ outcome }) => outcome === 'new')).toHaveLength(1);
    expect(new Set(replaced).size).toBe(4);
  });

  test('is gone when it was deleted, by its holder or by anybody', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'g1', ana, 'p1');
    expect(await write(slots, 'g1', 'delete')).toBe('written');
    expect(await write(slots, 'g1', 'move', 'p2')).toBe('missing');
    expect(await write(slots, 'g1', 'end', 'p2')).toBe('missing');
    expect(await take(twin, 'g2', ana, 'p3')).toEqual(fresh);
    expect(await write(slots, 'nobody', 'drop')).toBe('written');
    expect(await take(slots, 'g4')).toEqual(fresh);
  });

  test("all of a viewer are gone when they are deleted, held or not, and nobody else's", async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const keyOf = (viewer: string, operation: string): SlotKey => ({ viewer, operation });
    for (const viewer of ['ana', 'bob'])
      for (const operation of ['one', 'two'])
        await take(slots, `${viewer} ${operation}`, keyOf(viewer, operation), 'p');
    await write(slots, 'ana two', 'end', null, keyOf('ana', 'two'));
    await twin.deleteAll('ana');
    await twin.deleteAll('nobody');
    expect(await write(slots, 'ana one', 'move', 'q')).toBe('missing');
    const found = [];
    for (const viewer of ['ana', 'bob'])
      for (const operation of ['one', 'two'])
        found.push((await take(twin, `later ${viewer} ${operation}`, keyOf(viewer, operation))).outcome);
    expect(found).toEqual(['new', 'new', 'taken', 'taken']);
  });

  test('what is asked for one after the other happens in that order', async () => {
    await using subject = await tSlots();
    const { slots } = subject;
    await subject.forgetScripts();
    const asked = [
      take(slots, 'g1', ana, 'p1'),
      write(slots, 'g1', 'delete'),
      take(slots, 'g2', ana, 'p2'),
      write(slots, 'g2', 'move', 'p3'),
      write(slots, 'g2', 'end', 'p4'),
      take(slots, 'g3'),
    ];
    expect(await Promise.all(asked)).toMatchObject([
      ...[{ outcome: 'new' }, 'written', { outcome: 'new' }, 'written', 'written'],
      { outcome: 'taken', position: 'p4' },
    ]);
  });

  test('says of a slot that is not there whether it may have been lost, and gives it no position then', async () => {
    await using subject = await tSlots();
    const [berta, carla]: SlotKey[] = ['berta', 'carla'].map((viewer) => ({ viewer, operation: 'one' }));
    expect(await take(subject.slots, 'g1', ana, 'p1')).toEqual(fresh);
    const slots = await subject.lose();
    const lost = { outcome: 'new', lostAt: expect.any(Number) };
    expect(await take(slots, 'g2', ana, 'p2')).toEqual(lost);
    expect(await take(slots, 'g3', berta, 'p3')).toEqual(lost);
    // Its stream would begin at p2 without a word, if that were kept and its process died now.
    expect(await take(slots, 'g4', ana, 'p4')).toMatchObject({ outcome: 'taken', position: null });
    // Where its client is, its holder knows.
    expect(await write(slots, 'g5', 'restore', 'p5', carla)).toBe('written');
    expect(await take(slots, 'g6', carla, 'p6')).toMatchObject({ outcome: 'taken', position: 'p5' });
    await subject.wait(heldFor(bounds) - slackMs);
    expect(await take(slots, 'g7', { viewer: 'ana', operation: 'two' }, 'p7')).toEqual(lost);
    // One that was lost would have ended by now.
    await subject.wait(2 * slackMs);
    expect(await take(slots, 'g8', { viewer: 'ana', operation: 'three' }, 'p8')).toEqual(fresh);
  });

  test('says of one that ended while nobody could renew it that it was lost, and when', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const keyOf = (viewer: string): SlotKey => ({ viewer, operation: 'one' });
    await take(slots, 'g1', ana, 'p1');
    await subject.standStill(heldFor(bounds) + slackMs);
    const first = await take(twin, 'g2', ana, 'p2');
    expect(first).toEqual({ outcome: 'new', lostAt: expect.any(Number) });
    const { lostAt } = first as { readonly lostAt: number };
    // Who comes back once more has still seen nothing of what happened since.
    expect(await take(slots, 'g3', ana, 'p3')).toMatchObject({ outcome: 'taken', position: null, lostAt });
    expect(await take(slots, 'g4', keyOf('berta'), 'p4')).toMatchObject({ lostAt: expect.any(Number) });
    await subject.wait(heldFor(bounds) + slackMs);
    expect(await take(slots, 'g6', { ...ana, operation: 'other' }, 'p6')).toEqual(fresh);
  });

  test('nothing was lost where nobody was heard for less than that, or where processes ran and nobody came', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'g1', ana, 'p1');
    await subject.standStill(bounds.windowMs - slackMs);
    expect(await take(twin, 'g2')).toMatchObject({ outcome: 'taken', position: 'p1' });
    await subject.wait(10 * bounds.windowMs);
    expect(await take(slots, 'g3', ana, 'p3')).toEqual(fresh);
  });

  test('lives for the window after it was left', async () => {
    await using subject = await tSlots();
    const { slots, twin, wait } = subject;
    await take(slots, 'g1', ana, 'p1');
    await write(slots, 'g1', 'end');
    await wait(bounds.windowMs - slackMs);
    expect(await take(twin, 'g2')).toMatchObject({ outcome: 'taken' });
    await write(twin, 'g2', 'end');
    await wait(bounds.windowMs);
    expect(await take(slots, 'g3')).toEqual(fresh);
  });

  test('lives for the window after its holder was last heard of, however soon before it renewed it', async () => {
    await using subject = await tSlots();
    const { slots, twin, wait } = subject;
    await take(slots, 'g1', ana, 'p1');
    for (let renewal = 0; renewal < 3; renewal += 1) {
      await wait(slots.renewEveryMs);
      expect(await write(slots, 'g1', 'renew')).toBe('written');
    }
    await wait(slots.renewEveryMs + bounds.windowMs - slackMs);
    expect(await take(twin, 'g2')).toMatchObject({ outcome: 'taken', position: 'p1' });
    await wait(slots.renewEveryMs + bounds.windowMs);
    expect(await write(twin, 'g2', 'move', 'p2')).toBe('missing');
  });

  test('one that was lost is made again where its holder asks for it', async () => {
    await using subject = await tSlots();
    const { slots, twin, wait } = subject;
    await take(slots, 'g1', ana, 'p1');
    await wait(slots.renewEveryMs + bounds.windowMs);
    expect(await write(slots, 'g1', 'renew', 'p2')).toBe('missing');
    expect(await write(slots, 'g1', 'restore', 'p2')).toBe('written');
    expect(await write(slots, 'g1', 'move', 'p3')).toBe('written');
    expect(await take(twin, 'g2')).toMatchObject({ position: 'p3', replaced: { generation: 'g1' } });
  });

  test('who takes one from others again and again is refused, until nobody has tried for a minute', async () => {
    await using subject = await tSlots();
    const { slots, twin, wait } = subject;
    await take(slots, 'g0', ana, 'p1');
    for (let takeover = 1; takeover <= 5; takeover += 1)
      expect(await take(takeover % 2 ? twin : slots, `g${takeover}`)).toMatchObject({ outcome: 'taken' });
    const contested = { outcome: 'refused', why: 'contested', position: expect.stringMatching(/^p[12]$/) };
    expect(await take(slots, 'g6')).toEqual(contested);
    // It stays with whoever has it.
    expect(await write(twin, 'g5', 'move', 'p2')).toBe('written');
    await wait(slackMs);
    expect(await take(slots, 'g7')).toEqual(contested);
    await wait(60_000 - slackMs / 2);
    expect(await take(slots, 'g8')).toEqual(contested);
    await wait(60_000);
    expect(await take(slots, 'g9')).toMatchObject({ outcome: 'taken', position: 'p2' });
  });

  test('to come back after one has left is no matter, however often', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await take(slots, 'g0');
    for (let visit = 1; visit <= 20; visit += 1) {
      await write(visit % 2 ? slots : twin, `g${visit - 1}`, 'end', `p${visit}`);
      const taken = await take(visit % 2 ? twin : slots, `g${visit}`);
      expect(taken).toEqual({ outcome: 'taken', position: `p${visit}`, replaced: null, lostAt: null });
    }
  });

  test('a viewer has so many, of which those that nobody holds make room, the oldest first', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const keyOf = (number: number): SlotKey => ({ viewer: 'ana', operation: `o${number}` });
    for (let number = 0; number < bounds.maxPerViewer; number += 1)
      await take(slots, `g${number}`, keyOf(number), 'p');
    const full = { outcome: 'refused', why: 'full', position: null };
    expect(await take(twin, 'more', keyOf(100))).toEqual(full);
    // Another viewer has room, and who has one already may take it again.
    expect(await take(twin, 'other', { viewer: 'berta', operation: 'o100' })).toEqual(fresh);
    expect(await take(twin, 'again', keyOf(3))).toMatchObject({ outcome: 'taken' });
    await write(slots, 'g0', 'end', 'p', keyOf(0));
    expect(await take(twin, 'more', keyOf(100))).toEqual(fresh);
    expect(await take(twin, 'yet-more', keyOf(101))).toEqual(full);
    expect(await write(slots, 'g1', 'move', 'p', keyOf(1))).toBe('written');
  });

  test('what has made room for others may have been there, for as long as it would have lived', async () => {
    await using subject = await tSlots();
    const { slots, twin, wait } = subject;
    const keyOf = (number: number): SlotKey => ({ viewer: 'ana', operation: `o${number}` });
    for (let number = 0; number < bounds.maxPerViewer; number += 1)
      await take(slots, `g${number}`, keyOf(number), 'p');
    await write(slots, 'g0', 'end', 'p', keyOf(0));
    expect(await take(twin, 'more', keyOf(100))).toEqual(fresh);
    await write(slots, 'g1', 'delete', null, keyOf(1));
    const back = await take(twin, 'back', keyOf(0), 'behind what it has missed');
    expect(back).toEqual({ outcome: 'new', lostAt: expect.any(Number) });
    // Another viewer has lost nothing.
    expect(await take(twin, 'other', { viewer: 'berta', operation: 'o0' })).toEqual(fresh);
    await write(twin, 'back', 'end', null, keyOf(0));
    expect(await take(slots, 'again', keyOf(0))).toMatchObject({ outcome: 'taken', position: null });
    await write(slots, 'again', 'delete', null, keyOf(0));
    await wait(bounds.windowMs + slackMs);
    expect(await take(slots, 'later', keyOf(0))).toEqual(fresh);
  });

  test('many are moved at once, and each is told what came of it', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const keyOf = (number: number): SlotKey => ({ viewer: `viewer ${number}`, operation: 'one' });
    const move = (number: number) => ({
      ...{ key: keyOf(number), generation: `g${number}`, position: `p${number}` },
    });
    const taken = [...Array(maxMoves).keys()].filter((number) => number % 10 > 0);
    await Promise.all(taken.map((number) => take(slots, `g${number}`, keyOf(number))));
    for (const number of [3, 13]) await take(twin, 'new', keyOf(number));
    const written = await slots.move([...Array(maxMoves).keys()].map(move));
    expect(written).toHaveLength(maxMoves);
    written.forEach((outcome, number) => {
      const otherwise = number % 10 === 0 ? 'missing' : 'written';
      expect([number, outcome]).toEqual([number, [3, 13].includes(number) ? 'replaced' : otherwise]);
    });
    expect(await take(twin, 'next', keyOf(maxMoves - 1))).toMatchObject({ position: `p${maxMoves - 1}` });
    expect(await take(twin, 'next', keyOf(13))).toMatchObject({ position: null });
  });

  test('those that have expired count for nothing', async () => {
    await using subject = await tSlots();
    const { slots, wait } = subject;
    const keyOf = (number: number): SlotKey => ({ viewer: 'ana', operation: `o${number}` });
    for (let number = 0; number < bounds.maxPerViewer; number += 1)
      await take(slots, `g${number}`, keyOf(number), 'p');
    await wait(slots.renewEveryMs + bounds.windowMs);
    for (let number = 0; number < bounds.maxPerViewer; number += 1)
      expect(await take(slots, `h${number}`, keyOf(100 + number))).toEqual(fresh);
  });

  test('keep viewers and operations apart, and serve many at once', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const keys = Array.from({ length: 700 }, (_, at): SlotKey => ({
      ...{ viewer: `viewer${Math.floor(at / 7)}`, operation: `operation${at % 7}` },
    }));
    await Promise.all(keys.map((key, at) => take(slots, `g${at}`, key, `p${at}`)));
    const written = await slots.write(
      keys.map((key, at) => ({
        ...{ key, generation: `g${at}`, act: 'end', from: 'anybody' },
        position: at % 2 ? `q${at}` : null,
      })),
    );
    expect(new Set(written)).toEqual(new Set(['written']));
    const taken = await Promise.all(keys.map((key, at) => take(twin, `h${at}`, key)));
    expect(taken).toEqual(
      keys.map((_, at) => ({
        outcome: 'taken',
        position: `${at % 2 ? 'q' : 'p'}${at}`,
        replaced: null,
        lostAt: null,
      })),
    );
  });

  if (name !== 'in memory')
    test('the process that held one is told that it was replaced', async () => {
      await using subject = await tSlots();
      const { slots, twin, told } = subject;
      await take(slots, 'mine');
      const tell = async () => {
        const taken = await take(twin, 'yours');
        if (taken.outcome === 'taken' && taken.replaced) twin.tellReplaced(taken.replaced);
      };
      await tell();
      // What is said before the other one listens is lost.
      await until('it was told', async () => {
        if (told.length === 0) twin.tellReplaced({ generation: 'mine', process: await processOf(subject) });
        return told.includes('mine');
      });
    });
});

/** The name of the process of `slots`, as others are told it. */
async function processOf({ slots, twin }: SlotsSubject): Promise<string> {
  const key = { viewer: 'somebody', operation: String(Math.random()) };
  await take(slots, 'theirs', key);
  const taken = await take(twin, 'ours', key);
  return taken.outcome === 'taken' ? taken.replaced!.process : '';
}
