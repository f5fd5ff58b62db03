/** Proves that a slot whose id others may have as well is taken only from who is gone. */
import { describe, expect, test } from '@jest/globals';
import { lookBackMs, tStore } from '../support/slot-keepers.ts';

describe('an id that others may have as well', () => {
  const hashId = 'ab'.repeat(32);

  test.each(['the same process', 'another one'])(
    'is taken from nobody who lives, on %s: who comes begins anew, and is told',
    async (where) => {
      const { clock, tProcess } = tStore();
      const [first, second] = [tProcess(), tProcess()];
      const one = await first.begin(1, hashId);
      expect(await one.found).toBeNull();
      const other = await (where === 'another one' ? second : first).begin(5, hashId);
      expect(await other.found).toMatchObject({ epoch: 'lost', at: clock.now() - lookBackMs });
      expect([one.told, one.slot.state, other.slot.state]).toEqual([[], 'held', 'beside']);
      one.acknowledge(7);
      await clock.advance(1_000);
      await one.slot.leave();
      // It may be the other one who comes back, which has not had what the first one had.
      const back = await second.begin(9, hashId);
      expect(await back.found).toMatchObject({ epoch: 'lost', at: clock.now() - lookBackMs });
    },
  );

  test('is of the one that is left beside it, once its holder has ended, however long they have lived', async () => {
    const { clock, tProcess } = tStore();
    const { begin } = tProcess();
    const one = await begin(1, hashId);
    await one.found;
    const other = await begin(1, hashId);
    await other.found;
    other.acknowledge(3);
    await clock.advance(10 * lookBackMs);
    one.acknowledge(9);
    await clock.advance(1_000);
    one.slot.delete();
    await clock.advance(lookBackMs);
    expect([other.told, other.slot.state]).toEqual([[], 'held']);
    // Nobody else was there for as long as somebody may come back.
    await clock.advance(lookBackMs);
    await other.slot.leave();
    const back = await begin(20, hashId);
    expect(await back.found).toMatchObject({ epoch: 'e', offset: 3, mayBeNew: true });
  });

  test('is nobody’s place who comes soon after another has come back to it', async () => {
    const { clock, tProcess } = tStore();
    const { begin } = tProcess();
    const one = await begin(1, hashId);
    await one.found;
    one.acknowledge(4);
    await one.slot.leave();
    const two = await begin(9, hashId);
    expect(await two.found).toMatchObject({ offset: 4 });
    two.acknowledge(9);
    await two.slot.leave();
    const three = await begin(12, hashId);
    expect(await three.found).toMatchObject({ epoch: 'lost' });
    await three.slot.leave();
    await clock.advance(lookBackMs);
    // All have been away for so long that nothing is owed to them.
    expect(await (await begin(12, hashId)).found).toBeNull();
  });

  test('begins with what is shown to all who begin with a snapshot', async () => {
    const { begin } = tStore().tProcess();
    await (
      await begin(null, hashId)
    ).found;
    expect(await (await begin(null, hashId)).found).toBeNull();
  });

  test('is taken from a process that does not answer, where it was', async () => {
    const { clock, tProcess } = tStore();
    const { begin, kill } = tProcess();
    const one = await begin(1, hashId);
    await one.found;
    one.acknowledge(4);
    await clock.advance(1_000);
    kill();
    const back = await tProcess().begin(9, hashId);
    expect(await back.found).toMatchObject({ epoch: 'e', offset: 4, mayBeNew: true });
    // The one that was not dead, but stood still.
    one.acknowledge(6);
    await clock.advance(1_000);
    expect(one.told).toEqual(['replaced']);
  });

  test.each(['the same process', 'another one'])(
    'is left to one who has it, and has not heard of that yet, on %s',
    async (where) => {
      const { clock, setDeaf, tProcess } = tStore();
      const [first, second] = [tProcess(), tProcess()];
      const one = await first.begin(1, hashId);
      await one.found;
      const other = await first.begin(1, hashId);
      await other.found;
      one.slot.delete();
      setDeaf(true);
      await clock.advance(lookBackMs);
      setDeaf(false);
      expect(other.slot.state).toBe('beside');
      const third = await (where === 'another one' ? second : first).begin(9, hashId);
      expect(await third.found).toMatchObject({ epoch: 'lost' });
      expect([other.told, third.slot.state]).toEqual([[], 'beside']);
    },
  );

  test('is left to its holder where the store has lost everything', async () => {
    const { clock, lose, tProcess } = tStore();
    const { begin } = tProcess();
    const one = await begin(1, hashId);
    await one.found;
    await lose();
    const other = await begin(9, hashId);
    expect(await other.found).toMatchObject({ epoch: 'lost' });
    expect(one.told).toEqual([]);
    await clock.advance(1_000);
    expect(other.told).toEqual([]);
  });
});
