/** What becomes of acknowledgements on their way to the record: ranges without holes, batches, and bounds. */
import { describe, expect, test } from '@jest/globals';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { tKeeper } from '../support/receipt-keepers.ts';
import { until } from '../support/until.ts';

describe('a range', () => {
  test('is extended by each acknowledgement, and written once in an interval', async () => {
    const { clock, record, tStream, written } = tKeeper();
    const { acknowledge } = tStream();
    for (const offset of [3, 4, 9]) acknowledge(offset);
    expect(record.attempts).toBe(0);
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..9']);
    acknowledge(12);
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..9', 'ana dispatches 9..12']);
    await clock.advance(5_000);
    expect(record.attempts).toBe(2);
  });

  test('ends where its client was asked last: what was shown later may not have come', async () => {
    const { clock, tStream, written } = tKeeper();
    const { trail, show } = tStream();
    show(3);
    trail.ask();
    show(7);
    trail.acknowledge('client');
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..3']);
    trail.acknowledge('client');
    await clock.advance(1_000);
    expect(written()).toHaveLength(1);
  });

  test('of what nobody has acknowledged there is none', async () => {
    const { clock, keeper, tStream, written } = tKeeper();
    const { trail, show } = tStream();
    show(3);
    trail.ask();
    show(5);
    // The close frame was answered, which others may do for the client.
    trail.acknowledge('socket');
    trail.end();
    trail.acknowledge(null);
    expect(trail.isDone).toBe(true);
    await clock.advance(1_000);
    await keeper.close();
    expect(written()).toEqual([]);
  });

  test('goes on in another group, where its subscriber is', async () => {
    const { clock, tStream, written } = tKeeper();
    const { trail, show, acknowledge } = tStream();
    show(3);
    trail.leave();
    const place = { epoch: 'e', offset: 3 };
    trail.enter(place);
    place.offset = 5;
    trail.ask();
    trail.acknowledge('client');
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..5']);
    // Where it was before is nothing to it any more.
    acknowledge(9);
    await clock.advance(1_000);
    expect(written()).toHaveLength(1);
  });

  test('of a log that was lost while its client was asked claims nothing of the next one', async () => {
    const { clock, rows, tStream } = tKeeper();
    const { trail, place, show, acknowledge } = tStream();
    show(9);
    trail.ask();
    trail.leave();
    Object.assign(place, { epoch: 'next', offset: 2 });
    trail.enter(place);
    trail.acknowledge('client');
    acknowledge(5);
    await clock.advance(1_000);
    expect(rows.map(({ epoch, from, to }) => `${epoch} ${from}..${to}`)).toEqual(['e 0..9', 'next 2..5']);
  });

  test('who is asked again before they have answered has answered the first question', async () => {
    const { clock, tStream, written } = tKeeper();
    const { trail, show } = tStream();
    show(3);
    trail.ask();
    show(5);
    trail.ask();
    trail.acknowledge('client');
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..3']);
  });

  test('has no hole: neither what was not shown, nor what a snapshot stands for', async () => {
    const { clock, tStream, written } = tKeeper();
    const { trail, place, show, acknowledge } = tStream();
    show(4);
    trail.skip(4);
    show(5);
    trail.skip(5);
    show(8);
    trail.leave();
    Object.assign(place, { epoch: 'e', offset: 100 });
    trail.enter(place);
    acknowledge(103);
    trail.leave();
    Object.assign(place, { epoch: 'another', offset: 0 });
    trail.enter(place);
    acknowledge(2);
    await clock.advance(1_000);
    expect(written()).toEqual([
      ...['ana dispatches 0..3', 'ana dispatches 5..8', 'ana dispatches 100..103', 'ana dispatches 0..2'],
    ]);
  });

  test('is cut where a block of offsets ends, so that it is found by its block', async () => {
    const { clock, rows, tStream, written } = tKeeper();
    tStream().acknowledge(2_500);
    await clock.advance(1_000);
    expect(written()).toEqual([
      'ana dispatches 0..999',
      'ana dispatches 999..1999',
      'ana dispatches 1999..2500',
    ]);
    expect(rows.map(({ block }) => block)).toEqual([0, 1, 2]);
  });

  test('that ended with its stream waits for the answer to what was sent last', async () => {
    const { clock, tStream, written } = tKeeper();
    const { trail, show } = tStream();
    show(3);
    trail.end();
    expect(trail.isDone).toBe(false);
    trail.ask();
    trail.acknowledge('client');
    expect(trail.isDone).toBe(true);
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..3']);
  });
});

test('a snapshot is a receipt of each version that it has shown, when it was acknowledged', async () => {
  const { clock, tStream, written } = tKeeper();
  const { trail, acknowledge } = tStream();
  trail.show([
    ['17', 3],
    ['18', 1],
  ]);
  await clock.advance(1_000);
  expect(written()).toEqual([]);
  acknowledge(0);
  await clock.advance(1_000);
  expect(written()).toEqual(['ana snapshot:17 2..3', 'ana snapshot:18 0..1']);
});

describe('a batch', () => {
  test('has a row for all who were shown the same, with when it was sent and acknowledged', async () => {
    const { clock, rows, tStream } = tKeeper();
    const streams = [tStream('ana'), tStream('luz'), tStream('eva', 'some')];
    for (const { trail, show } of streams) {
      show(2);
      trail.ask();
    }
    await clock.advance(300);
    for (const { trail } of streams) trail.acknowledge('client');
    await clock.advance(700);
    expect(rows.map(({ stream, entries }) => [stream, entries])).toEqual([
      [
        'all',
        [
          ['ana', 0, 2, 1_000, 700],
          ['luz', 0, 2, 1_000, 700],
        ],
      ],
      ['some', [['eva', 0, 2, 1_000, 700]]],
    ]);
  });

  test('tells apart who says that it arrived', async () => {
    const { clock, rows, tStream } = tKeeper();
    const { trail, show } = tStream();
    // What nobody may have said keeps none from what is said behind it.
    for (const [index, by] of (['gateway', null, 'client'] as const).entries()) {
      show(index + 1);
      trail.ask();
      trail.acknowledge(by);
    }
    await clock.advance(1_000);
    expect(rows.map(({ by, from, to }) => [by, from, to])).toEqual([
      ['gateway', 0, 1],
      ['client', 1, 2],
    ]);
  });

  test('waits for a record that is away, and grows by no more than a range for each stream', async () => {
    const { clock, record, tStream, written, count } = tKeeper();
    const { acknowledge } = tStream();
    record.error = new Unavailable('The record', new Error('It is away.'));
    for (let offset = 1; offset <= 20; offset += 1) {
      acknowledge(offset);
      await clock.advance(1_000);
    }
    expect([record.attempts, await count('receiptsWaiting')]).toEqual([20, 1]);
    record.error = null;
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 0..20']);
    expect(await count('receiptsDropped')).toBe(0);
  });

  test('that the record refuses for good is dropped, and counted', async () => {
    const { clock, record, tStream, written, count } = tKeeper();
    const { acknowledge } = tStream();
    record.error = new Error('No such table.');
    acknowledge(3);
    await clock.advance(1_000);
    record.error = null;
    acknowledge(5);
    await clock.advance(1_000);
    expect(written()).toEqual(['ana dispatches 3..5']);
    expect([await count('receipts'), await count('receiptsDropped')]).toEqual([1, 1]);
  });

  test('of very many is written in steps, and what fails waits with all that is behind it', async () => {
    const { clock, record, tStream, rows, count } = tKeeper();
    const { trail, acknowledge } = tStream();
    const versions = Array.from({ length: 12_000 }, (_, number) => [String(number), 1] as const);
    trail.show(versions);
    acknowledge(3);
    record.error = new Unavailable('The record', new Error('It is away.'));
    await clock.advance(1_000);
    expect([record.attempts, await count('receiptsWaiting')]).toEqual([1, 12_001]);
    record.error = null;
    await clock.advance(1_000);
    await until('all is written', () => rows.length === 12_001);
    expect(record.attempts).toBe(14);
    expect(new Set(rows.map((row) => row.topic)).size).toBe(12_001);
  });

  test('is written before the process ends', async () => {
    const { keeper, tStream, written } = tKeeper();
    tStream().acknowledge(3);
    await keeper.close();
    expect(written()).toEqual(['ana dispatches 0..3']);
  });
});

test('more than may wait is dropped, and counted', async () => {
  const { clock, tStream, written, count } = tKeeper({ maxWaiting: 2 });
  const streams = ['ana', 'luz', 'eva'].map((viewer) => tStream(viewer));
  for (const { acknowledge } of streams) acknowledge(1);
  // Those that wait may still grow.
  streams[0]!.acknowledge(2);
  streams[0]!.trail.show([['17', 1]]);
  streams[0]!.acknowledge(2);
  expect(await count('receiptsDropped')).toBe(2);
  await clock.advance(1_000);
  expect(written()).toEqual(['ana dispatches 0..2', 'luz dispatches 0..1']);
});

test('a stream of which nobody can say what it shows has none', () => {
  const { keeper } = tKeeper();
  expect(keeper.trailOf({ evidence: null }, { viewerId: 'ana', transport: 'websocket' })).toBeNull();
});
