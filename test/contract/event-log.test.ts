/** What every implementation of the event log promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anEvent, numbered, numbersOf, tFollower } from '../support/event-log.ts';
import { bounds, implementations, tEventLogServers, tMemory } from '../support/event-logs.ts';

let servers: Awaited<ReturnType<typeof tEventLogServers>>;

beforeAll(async () => {
  servers = await tEventLogServers();
});
afterAll(() => servers.stop());

describe.each(implementations)('the event log %s', (name) => {
  const tLog = () => servers.make(name);

  test('refuses what comes late from an older turn, and all of it', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    await log.append(numbered('a', 1, 1), 7);
    await twin.append(numbered('a', 2, 2), 8);
    await expect(log.append(numbered('a', 3, 4), 7)).rejects.toMatchObject({ name: 'StaleTurn' });
    // The turn that has begun goes on, and what belongs to none is not asked for it.
    await twin.append(numbered('a', 5, 5), 8);
    await log.append(numbered('a', 6, 6));
    const { epoch } = await log.position('a');
    const read = await log.read('a', { epoch, offset: 0 }, 10);
    const ids = read.kind === 'events' ? read.events.map(({ id }) => id) : [];
    expect(ids).toEqual([1, 2, 5, 6].map((number) => numbered('a', number, number)[0]!.event.id));
  });

  test('numbers the events of each topic from 1, without holes', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const positions = await log.append([
      { topic: 'dispatch:1', event: anEvent('a') },
      { topic: 'dispatches', event: anEvent('a') },
      { topic: 'dispatch:1', event: anEvent('b') },
      { topic: 'dispatches', event: anEvent('c') },
      { topic: 'dispatches', event: anEvent('b') },
    ]);
    expect(positions.map(({ offset }) => offset)).toEqual([1, 1, 2, 2, 3]);
    expect(await log.position('dispatch:1')).toEqual(positions[2]);
    expect(await log.position('dispatches')).toEqual(positions[4]);
    expect(await log.append([])).toEqual([]);
  });

  test('appends an id once per topic, and answers with its first place', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const follower = await tFollower(log, 'dispatch:1');
    const [first] = await log.append(numbered('dispatch:1', 1, 3));
    const again = await twin.append([
      ...numbered('dispatch:1', 1, 3),
      { topic: 'dispatch:1', event: anEvent('last') },
      { topic: 'dispatch:1', event: anEvent('last') },
    ]);
    expect(again.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 4]);
    expect(again[0]).toEqual(first);
    await follower.hasId('last');
    expect(follower.ids).toEqual(['1', '2', '3', 'last']);
  });

  test('gives back what was appended', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const start = await log.position('message:general');
    const data = { text: 'Aviso: ñandú 🚑 "}{', nested: [1, null, { deep: -0.5 }], empty: {} };
    const event = { id: 'á:1', at: 1_699_999_999_123, data };
    await log.append([{ topic: 'message:general', event }]);
    const expected = { kind: 'events', events: [{ ...event, offset: 1 }] };
    expect(await twin.read('message:general', start, 10)).toEqual(expected);
  });

  test('keeps a position valid that was given out before the first event', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const start = await log.position('dispatch:1');
    expect(start.offset).toBe(0);
    await twin.append(numbered('dispatch:1', 1, 2));
    expect(await log.read('dispatch:1', start, 10)).toMatchObject({ events: [{ id: '1' }, { id: '2' }] });
  });

  test('reads the events after a position, page by page', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const start = await log.position('dispatches');
    await log.append(numbered('dispatches', 1, 5));
    const read = async (offset: number) => {
      const result = await log.read('dispatches', { ...start, offset }, 2);
      return result.kind === 'events' ? result.events.map((event) => event.offset) : result;
    };
    expect(await read(0)).toEqual([1, 2]);
    expect(await read(2)).toEqual([3, 4]);
    expect(await read(4)).toEqual([5]);
    expect(await read(5)).toEqual([]);
  });

  test('says lost for a position of another epoch, or one that it never reached', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const [position] = await log.append(numbered('dispatches', 1, 1));
    const lost = { kind: 'lost', position };
    expect(await log.read('dispatches', { epoch: 'another', offset: 1 }, 10)).toEqual(lost);
    expect(await log.read('dispatches', { ...position!, offset: 2 }, 10)).toEqual(lost);
    expect(await log.read('dispatches', { ...position!, offset: 999_999_999_999_999 }, 10)).toEqual(lost);
    expect(await log.position('dispatches')).toEqual(position);
  });

  test('keeps the newest events only, and says lost for what it no longer reaches back to', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const { epoch } = await log.position('dispatches');
    await log.append(numbered('dispatches', 1, bounds.maxEvents + 7));
    const head = { epoch, offset: bounds.maxEvents + 7 };
    expect(await log.read('dispatches', { epoch, offset: 6 }, 10)).toEqual({ kind: 'lost', position: head });
    expect(await log.read('dispatches', { epoch, offset: 7 }, 1)).toMatchObject({ events: [{ id: '8' }] });
    const repeated = await log.append([...numbered('dispatches', 8, 8), ...numbered('dispatches', 7, 7)]);
    // The log still reaches back to the first of them, and no longer to the second.
    expect(repeated.map(({ offset }) => offset)).toEqual([8, head.offset + 1]);
  });

  test('misses nothing of what was appended, however long ago, and to whichever log', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const requests = [...numbered('a', 1, bounds.maxEvents + 5), ...numbered('b', 1, 3)];
    const positions = await log.append(requests);
    const appended = requests.map(({ topic, event: { id } }, at) => ({
      topic,
      id,
      position: positions[at]!,
      at: Date.now(),
    }));
    expect(await twin.findMissing(appended)).toEqual([]);
    // To a log that was lost before this one began.
    const lost = appended.map((one) => ({ ...one, position: { ...one.position, epoch: 'lost' }, at: 0 }));
    expect(await twin.findMissing([...lost, ...appended])).toEqual([]);
    expect(await log.position('a')).toEqual(positions[bounds.maxEvents + 4]);
  });

  test('keeps events up to an age', async () => {
    await using subject = await tLog();
    const { log, clock } = subject;
    const { epoch } = await log.position('dispatches');
    await log.append(numbered('dispatches', 1, 2));
    await clock.advance(bounds.maxAgeMs / 2);
    await log.append(numbered('dispatches', 3, 3));
    await clock.advance(bounds.maxAgeMs / 2 + 1);
    await log.append(numbered('dispatches', 4, 4));
    expect(await log.read('dispatches', { epoch, offset: 1 }, 10)).toMatchObject({ kind: 'lost' });
    expect(await log.read('dispatches', { epoch, offset: 2 }, 10)).toMatchObject({
      events: [{ id: '3' }, { id: '4' }],
    });
  });

  test('calls every follower of the topic, in order, from after its position', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    await log.append(numbered('dispatch:1', 1, 2));
    const here = await tFollower(log, 'dispatch:1');
    const there = await tFollower(twin, 'dispatch:1');
    const other = await tFollower(log, 'dispatch:2');
    expect(here.following.position).toEqual(await log.position('dispatch:1'));
    await twin.append(numbered('dispatch:1', 3, 4));
    const late = await tFollower(log, 'dispatch:1');
    expect(late.following.position.offset).toBe(4);
    await log.append(numbered('dispatch:1', 5, 6));
    await Promise.all([here, there, late].map((follower) => follower.hasId('6')));
    expect(here.events.map(({ offset }) => offset)).toEqual([3, 4, 5, 6]);
    expect(there.ids).toEqual(['3', '4', '5', '6']);
    expect(late.ids).toEqual(['5', '6']);
    expect([...other.events, ...here.lost, ...there.lost, ...late.lost]).toEqual([]);
  });

  test('does not call a follower that left, and goes on calling the others', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const leaving = await tFollower(log, 'dispatch:1');
    const staying = await tFollower(log, 'dispatch:1');
    await leaving.following.close();
    await leaving.following.close();
    await log.append(numbered('dispatch:1', 1, 1));
    await staying.hasId('1');
    expect(leaving.events).toEqual([]);
    await staying.following.close();
    const again = await tFollower(log, 'dispatch:1');
    expect(again.following.position.offset).toBe(1);
    await log.append(numbered('dispatch:1', 2, 2));
    await again.hasId('2');
    expect(again.ids).toEqual(['2']);
    expect(staying.ids).toEqual(['1']);
  });

  test('forgets a topic without events with its last follower, unless somebody may come back', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const first = await tFollower(log, 'dispatch:1');
    const second = await tFollower(twin, 'dispatch:1');
    const { position } = second.following;
    expect(position).toEqual(first.following.position);
    await first.following.close();
    expect(await twin.read('dispatch:1', position, 10)).toEqual({ kind: 'events', events: [] });
    await second.following.close();
    const again = await tFollower(log, 'dispatch:1');
    expect(again.following.position.epoch).not.toBe(position.epoch);
    expect(await log.read('dispatch:1', position, 10)).toMatchObject({ kind: 'lost' });

    again.following.keep();
    await again.following.close();
    await twin.append(numbered('dispatch:1', 1, 1));
    expect(await log.read('dispatch:1', again.following.position, 10)).toMatchObject({
      events: [{ id: '1' }],
    });
    const asked = await log.position('dispatches');
    const passing = await tFollower(twin, 'dispatches');
    await passing.following.close();
    await log.append(numbered('dispatches', 1, 1));
    expect(await twin.read('dispatches', asked, 10)).toMatchObject({ events: [{ id: '1' }] });
  });

  test('lets a follower leave from within a call', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const closed: Promise<void>[] = [];
    const leaving = await tFollower(log, 'dispatch:1', () => closed.push(leaving.following.close()));
    const staying = await tFollower(log, 'dispatch:1');
    await log.append(numbered('dispatch:1', 1, 3));
    await staying.hasId('3');
    await Promise.all(closed);
    expect(leaving.ids).toEqual(['1']);
    expect(staying.ids).toEqual(['1', '2', '3']);
  });

  test('serves a follower that appends: everybody sees one order', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const appends: Promise<unknown>[] = [];
    const first = await tFollower(log, 'dispatch:1', ({ id }) => {
      if (id === '1') appends.push(log.append([{ topic: 'dispatch:1', event: anEvent('answer') }]));
    });
    const second = await tFollower(log, 'dispatch:1');
    const third = await tFollower(twin, 'dispatch:1');
    await log.append(numbered('dispatch:1', 1, 2));
    await Promise.all([first, second, third].map((follower) => follower.hasId('answer')));
    await Promise.all(appends);
    for (const { events } of [first, second, third]) {
      expect(events.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    }
    expect(second.ids).toEqual(first.ids);
    expect(third.ids).toEqual(first.ids);
  });

  test('keeps the others served when a follower throws', async () => {
    await using subject = await tLog();
    const { log } = subject;
    await tFollower(log, 'dispatch:1', () => {
      throw new Error('a mistake');
    });
    const other = await tFollower(log, 'dispatch:1');
    await Promise.allSettled([log.append(numbered('dispatch:1', 1, 1))]);
    await Promise.allSettled([log.append(numbered('dispatch:1', 2, 2))]);
    await other.hasId('2');
    expect(other.ids).toEqual(['1', '2']);
  });

  test('misses nothing between a position and a following, while others append', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const writing = (async () => {
      for (const number of numbersOf(1, 80)) await twin.append(numbered('dispatch:1', number, number));
    })();
    const followers = [];
    for (let count = 0; count < 20; count++) {
      const follower = await tFollower(count % 2 ? log : twin, 'dispatch:1');
      followers.push(follower);
      if (count % 3 === 0) await follower.following.close();
    }
    await writing;
    const open = followers.filter((_, index) => index % 3 !== 0);
    for (const { following, events, hasId } of open) {
      const expected = numbersOf(following.position.offset + 1, 80);
      if (expected.length > 0) await hasId('80');
      expect(events.map(({ offset }) => offset)).toEqual(expected);
    }
  });

  test('gives appends that run at the same time different places, and everybody the same order', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const here = await tFollower(log, 'dispatches');
    const there = await tFollower(twin, 'dispatches');
    const appends = numbersOf(1, 90).map((number) =>
      (number % 2 ? log : twin).append(numbered('dispatches', number, number)),
    );
    const offsets = (await Promise.all(appends)).flat().map(({ offset }) => offset);
    expect(offsets.toSorted((a, b) => a - b)).toEqual(numbersOf(1, 90));
    const lastId = String(offsets.indexOf(90) + 1);
    await Promise.all([here.hasId(lastId), there.hasId(lastId)]);
    expect(here.events.map(({ offset }) => offset)).toEqual(numbersOf(1, 90));
    expect(there.ids).toEqual(here.ids);
  });

  test('takes any text as a topic', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const topics = [
      'message:}',
      'message:{a}b',
      'message: \r\n',
      'message:ñ🚑',
      'message:*?[a]',
      'message:%7D',
    ];
    const followers = await Promise.all(topics.map((topic) => tFollower(twin, topic)));
    await log.append(topics.map((topic) => ({ topic, event: anEvent(topic) })));
    await Promise.all(followers.map((follower, index) => follower.hasId(topics[index]!)));
    expect(followers.map(({ ids }) => ids)).toEqual(topics.map((topic) => [topic]));
  });

  test('is done when it is closed: no calls, no timers', async () => {
    const subject = await tLog();
    const { log, twin, clock } = subject;
    const follower = await tFollower(log, 'dispatch:1');
    await log.close();
    if (twin !== log) await twin.append(numbered('dispatch:1', 1, 1));
    await subject[Symbol.asyncDispose]();
    expect(follower.events).toEqual([]);
    expect(clock.pending).toBe(0);
    await follower.following.close();
  });
});

test('the event log in memory forgets silent topics, and never uses their numbers again', async () => {
  await using subject = await tMemory();
  const { log, clock } = subject;
  const [silent] = await log.append(numbered('dispatch:1', 1, 1));
  const follower = await tFollower(log, 'dispatch:2');
  const [followed] = await log.append(numbered('dispatch:2', 1, 1));
  await clock.advance(bounds.maxAgeMs * 3);
  const [renewed] = await log.append(numbered('dispatch:1', 2, 2));
  expect(renewed!.epoch).not.toBe(silent!.epoch);
  expect(await log.read('dispatch:1', silent!, 10)).toEqual({ kind: 'lost', position: renewed });
  // This topic is followed, so only its events were lost.
  expect(await log.position('dispatch:2')).toEqual(followed);
  await log.append(numbered('dispatch:2', 2, 2));
  expect(follower.events.map(({ offset }) => offset)).toEqual([1, 2]);
});
