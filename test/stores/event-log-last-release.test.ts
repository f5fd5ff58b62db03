/** Processes of the last release append beside those of this one, to the same logs, while an update rolls. */
import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { AppendRequest } from '../../src/stores/event-log/event-log.ts';
import { anEvent, tFollower } from '../support/event-log.ts';
import { keyPrefix, tProcess, type TestProcess } from '../support/event-log-redis.ts';
import { hasLastRelease, lastRelease, unpackRelease, type Release } from '../support/release-tree.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

const isHere = hasLastRelease();
if (!isHere)
  console.warn(`The history of this clone has no ${lastRelease}: its appends are not tried beside ours.`);

let release: Release | undefined;
let server: TestRedis;
let appender: TestProcess;
beforeAll(async () => {
  if (isHere) release = unpackRelease(lastRelease);
  server = await tRedis();
});
afterEach(() => appender.close());
afterAll(async () => {
  release?.[Symbol.dispose]();
  await server.stop();
});

/** Appends as the last release does: a program of its own. */
async function appendAsLastRelease(topic: string, ids: readonly string[]): Promise<void> {
  const stores = resolve(dirname(release!.program), 'stores');
  const requests = ids.map((id) => ({ topic, event: anEvent(id) }));
  const code = `
    import { pino } from 'pino';
    import { systemClock } from '${stores}/../lib/clock.ts';
    import { EventLogRedis } from '${stores}/event-log-redis.ts';
    import { RedisConnections } from '${stores}/redis.ts';
    const log = pino({ level: 'silent' });
    const redis = new RedisConnections({ url: '${server.url}', keyPrefix: '${keyPrefix}', name: 'old', log });
    const bounds = { maxEvents: 1_000, maxAgeMs: 600_000 };
    const metrics = { logGaps: { inc() {} } };
    const eventLog = new EventLogRedis({ redis, bounds, clock: systemClock, metrics, log });
    await eventLog.append(${JSON.stringify(requests)});
    await eventLog.close();
    await redis.close();`;
  const args = ['--experimental-strip-types', '--input-type=module', '--eval', code];
  await promisify(execFile)(process.execPath, args, { cwd: resolve(stores, '../..') });
}

const passing = (topic: string, id: string, passes: readonly string[]): AppendRequest => ({
  topic,
  event: { ...anEvent(id), passes },
});

(isHere ? test : test.skip)(
  'what it appends hides no event, and makes nobody believe that one is missing',
  async () => {
    const topic = 'dispatches';
    appender = tProcess({ url: server.url });
    const { log } = appender;
    // It began the log, too.
    await appendAsLastRelease(topic, ['old 1']);
    const follower = await tFollower(log, topic);
    await log.append([passing(topic, '2', ['*', 'A'])]);
    await appendAsLastRelease(topic, ['old 3']);
    await log.append([passing(topic, '4', ['*']), passing(topic, '5', ['*', 'A'])]);
    await follower.hasId('5');
    expect(follower.events.map(({ before }) => before)).toEqual([{}, undefined, {}, { '*': 4 }]);
    const read = await log.read(topic, { ...follower.following.position, offset: 0 }, 10);
    expect(read).toMatchObject({
      events: [{ id: 'old 1' }, { before: {} }, { id: 'old 3' }, {}, { before: { '*': 4 } }],
    });
  },
  60_000,
);

(isHere ? test : test.skip)(
  'a log that it begins after a loss is later than the one that was lost',
  async () => {
    const topic = 'dispatch:1';
    appender = tProcess({ url: server.url });
    const { log, redis } = appender;
    await log.append([passing(topic, '1', ['*'])]);
    const first = await tFollower(log, topic);
    await first.following.close();
    await redis.commands.flushall();
    await appendAsLastRelease(topic, ['old 1']);
    const second = await tFollower(log, topic);
    await log.append([passing(topic, '2', ['*'])]);
    await second.hasId('2');
    expect(second.following.began).toBeGreaterThan(first.following.began);
    expect(second.events.map(({ before }) => before)).toEqual([{}]);
  },
  60_000,
);
