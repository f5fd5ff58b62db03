/** What every implementation of the event log says of the events before one: it is decided when that one is appended. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AppendRequest, EventLog, LoggedEvent } from '../../src/stores/event-log/event-log.ts';
import { anEvent, numbersOf, tFollower } from '../support/event-log.ts';
import { bounds, implementations, tEventLogServers } from '../support/event-logs.ts';

let servers: Awaited<ReturnType<typeof tEventLogServers>>;

beforeAll(async () => {
  servers = await tEventLogServers();
});
afterAll(() => servers.stop());

const topic = 'dispatches';
const passing = (id: string, passes?: readonly string[]): AppendRequest => ({
  topic,
  event: { ...anEvent(id), passes },
});
const beforeOf = (events: readonly LoggedEvent[]) => events.map(({ before }) => before);

async function readAll(log: EventLog): Promise<readonly LoggedEvent[]> {
  const { epoch, offset } = await log.position(topic);
  const read = await log.read(
    topic,
    { epoch, offset: Math.max(0, offset - bounds.maxEvents) },
    bounds.maxEvents,
  );
  return read.kind === 'events' ? read.events : [];
}

describe.each(implementations)('the event log %s', (name) => {
  const tLog = () => servers.make(name);

  test('says of each value which event passed it before, the same to everybody', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const here = await tFollower(log, topic);
    const there = await tFollower(twin, topic);
    await log.append([passing('1', ['*', 'A/*']), passing('2', ['*', 'B/*'])]);
    await twin.append([passing('3', []), passing('4', ['*', 'A/*', 'B/*'])]);
    await Promise.all([here.hasId('4'), there.hasId('4')]);
    const expected = [{ '*': 0, 'A/*': 0 }, { '*': 1, 'B/*': 0 }, {}, { '*': 2, 'A/*': 1, 'B/*': 2 }];
    expect(beforeOf(here.events)).toEqual(expected);
    expect(beforeOf(there.events)).toEqual(expected);
    expect(beforeOf(await readAll(twin))).toEqual(expected);
  });

  test('says the same of an event that is appended again', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    await log.append([passing('1', ['*']), passing('2', ['*'])]);
    await twin.append([passing('1', ['*']), passing('2', ['*']), passing('3', ['*'])]);
    expect(beforeOf(await readAll(log))).toEqual([{ '*': 0 }, { '*': 1 }, { '*': 2 }]);
  });

  test('knows nothing of what came before an event that did not say what it passes', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    await log.append([passing('1', ['*', 'A']), passing('2', ['*'])]);
    await twin.append([passing('3')]);
    await log.append([passing('4', ['*']), passing('5', ['*', 'A']), passing('6', ['A'])]);
    expect(beforeOf(await readAll(log))).toEqual([
      ...[{ '*': 0, A: 0 }, { '*': 1 }, undefined],
      ...[{}, { '*': 4 }, { A: 5 }],
    ]);
  });

  test('remembers events that it does not keep', async () => {
    await using subject = await tLog();
    const { log } = subject;
    await log.append([passing('rare', ['*', 'A'])]);
    const many = numbersOf(1, bounds.maxEvents + 20).map((number) => passing(String(number), ['*']));
    await log.append(many);
    await log.append([passing('last', ['*', 'A'])]);
    expect((await readAll(log)).at(-1)!.before).toEqual({ '*': many.length + 1, A: 1 });
  });

  test('a log that was lost began later, and the first events of the new one follow its beginning', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    await log.append([passing('1', ['*'])]);
    const [one, two] = [await tFollower(log, topic), await tFollower(twin, topic)];
    expect(one.following.began).toBe(two.following.began);
    await Promise.all([one.following.close(), two.following.close()]);
    await subject.lose();
    await twin.append([passing('2', ['*'])]);
    const late = await tFollower(log, topic);
    expect(late.following.began).toBeGreaterThan(one.following.began);
    expect(beforeOf(await readAll(log))).toEqual([{ '*': 0 }]);
  });

  test('says where a topic stands, and which event passed a value last', async () => {
    await using subject = await tLog();
    const { log, twin } = subject;
    const follower = await tFollower(log, topic);
    const passedOf = async (value?: string) => (await twin.standing(topic, value)).passed;
    expect([await passedOf(), await passedOf('A')]).toEqual([0, 0]);
    await log.append([passing('1', ['*', 'A']), passing('2', ['*']), passing('3', [])]);
    expect([await passedOf(), await passedOf('*'), await passedOf('A'), await passedOf('B')]).toEqual([
      3, 2, 1, 0,
    ]);
    const { position, began } = await twin.standing(topic, '*');
    expect(position).toEqual(await log.position(topic));
    expect(began).toBe(follower.following.began);
    // Somebody has appended who does not say what passes, and goes on saying it.
    await log.append([passing('4')]);
    expect([await passedOf(), await passedOf('A')]).toEqual([4, undefined]);
    await log.append([passing('5', ['A'])]);
    expect([await passedOf('A'), await passedOf('*')]).toEqual([5, undefined]);
  });

  test('asked where a topic stands of which nobody knows, it keeps nothing', async () => {
    await using subject = await tLog();
    const { log } = subject;
    const { position, passed } = await log.standing('nowhere', '*');
    expect(position.offset).toBe(0);
    expect(passed ?? 0).toBe(0);
    const { epoch } = await log.position('nowhere');
    expect(await log.read('nowhere', { epoch, offset: 0 }, 10)).toEqual({ kind: 'events', events: [] });
  });
});
