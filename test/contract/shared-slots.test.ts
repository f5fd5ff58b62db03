/** What every implementation of slots promises of those that several clients may have. */
import { describe, expect, test } from '@jest/globals';
import { ana, bounds, fresh, slotsSubjects, writeSlot as write } from '../support/slots-subjects.ts';

describe.each(slotsSubjects)('slots %s', (_, tSlots) => {
  test('is taken from nobody who has not left it, or from one holder alone, where that is asked for', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    await slots.take({ key: ana, generation: 'g1', begin: 'p1', from: 'anybody' });
    const held = { outcome: 'held', holder: { generation: 'g1', process: expect.any(String) } };
    const request = { key: ana, generation: 'g2', begin: 'p2' };
    expect(await twin.take({ ...request, from: 'nobody' })).toEqual(held);
    expect(await twin.take({ ...request, from: { generation: 'g0' } })).toEqual(held);
    expect(await write(slots, 'g1', 'move', 'p3')).toBe('written');
    const replaced = held.holder;
    expect(await twin.take({ ...request, from: { generation: 'g1' } })).toEqual({
      ...{ outcome: 'taken', position: 'p3', replaced, lostAt: null },
    });
    expect(await twin.take({ ...request, from: 'nobody' })).toMatchObject({ outcome: 'taken', replaced });
  });

  test('what others may have is where it was for the first who comes back, and for nobody who comes soon behind', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const comes = (generation: string, by = slots) =>
      by.take({ key: ana, generation, begin: 'p9', from: 'nobody' });
    expect(await comes('g1')).toEqual(fresh);
    await write(slots, 'g1', 'end', 'p2');
    const where = { outcome: 'taken', position: 'p2', replaced: null, lostAt: null };
    expect(await comes('g2', twin)).toEqual(where);
    // Its answer was lost.
    expect(await comes('g2', twin)).toEqual(where);
    await write(twin, 'g2', 'end', 'p5');
    // It may be who had it before g2, and has seen less.
    expect(await comes('g3')).toEqual({ ...where, position: null });
    await write(slots, 'g3', 'delete');
    expect(await comes('g4')).toEqual({ outcome: 'new', lostAt: expect.any(Number) });
  });

  test('whoever has asked in vain for what another has may be the next who comes', async () => {
    await using subject = await tSlots();
    const { slots, twin } = subject;
    const request = { key: ana, begin: 'p9' };
    await slots.take({ ...request, generation: 'g1', from: 'nobody' });
    await write(slots, 'g1', 'move', 'p2');
    // g1 is gone, and g2 has asked for it before it has heard so.
    expect(await twin.take({ ...request, generation: 'g2', from: 'nobody' })).toMatchObject({
      outcome: 'held',
    });
    expect(await twin.take({ ...request, generation: 'g2', from: { generation: 'g1' } })).toMatchObject({
      position: 'p2',
    });
    // g3 goes on beside it, until it takes what g2 has left: that is not where g3 is.
    expect(await slots.take({ ...request, generation: 'g3', from: 'nobody' })).toMatchObject({
      outcome: 'held',
    });
    await write(twin, 'g2', 'end', 'p7');
    const beside = await slots.take({ ...request, generation: 'g3', from: 'nobody' });
    expect(beside).toEqual({ outcome: 'taken', position: null, replaced: null, lostAt: null });
  });

  test.each(['end', 'renew'] as const)(
    'of one that others may have, and that is made again, nobody knows whose it is (%s)',
    async (act) => {
      await using subject = await tSlots();
      const { slots, twin, wait } = subject;
      const request = { key: ana, begin: 'p9' };
      await slots.take({ ...request, generation: 'g1', from: 'nobody' });
      await wait(slots.renewEveryMs + bounds.windowMs);
      const again = { key: ana, generation: 'g1', act: 'restore', position: 'p2', from: 'nobody' } as const;
      expect(await slots.write([again])).toEqual(['written']);
      await write(slots, 'g1', act, 'p3');
      // It may have been beside g1 before, and have seen less.
      await twin.take({ ...request, generation: 'g2', from: 'nobody' });
      const taken = await twin.take({ ...request, generation: 'g2', from: { generation: 'g1' } });
      expect(taken).toMatchObject({ outcome: 'taken', position: null });
    },
  );
});
