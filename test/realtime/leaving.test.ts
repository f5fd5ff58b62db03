/** Reads of a group end with the last member that waits for them, and nobody who has left is taken for a failure. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import { tHub, type Count, type HubFixture } from '../support/hub.ts';
import { tLogLines } from '../support/log-lines.ts';
import { losable } from '../support/losable-log.ts';
import { until } from '../support/until.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

describe('who leaves while a snapshot is read for them', () => {
  /** Resolves when all that promises lead to has happened: nothing here waits for anything else. */
  const everythingSettled = () => new Promise((resolve) => setImmediate(resolve));

  /** A snapshot that can be held up, with the signals that it was asked for with. */
  function holdable() {
    const signals: AbortSignal[] = [];
    let held: Promise<void> | undefined;
    const snapshot: SubscriptionSource<Count>['snapshot'] = async ({ signal }) => {
      signals.push(signal);
      await held;
      return [
        {
          toValue: (cursor) => ({ name: 'a', version: signals.length, cursor, kind: 'SNAPSHOT' }),
          identity: { subject: 'a', version: 99 },
        },
      ];
    };
    const hold = () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    };
    return { signals, source: { snapshot }, hold };
  }

  async function tLosing(viewers: number) {
    const { wrap, lose } = losable();
    const logged = tLogLines();
    const hub = start({ eventLog: wrap, log: logged.log });
    const { signals, source, hold } = holdable();
    const watched = await Promise.all(Array.from({ length: viewers }, () => hub.watch('a', { source })));
    const before = (await hub.executions())['snapshot']!;
    const release = hold();
    await lose();
    await until('the snapshot is read', () => signals.length === 2);
    const executions = async () => (await hub.executions())['snapshot']! - before;
    return { watched, signal: signals[1]!, release, executions, logged };
  }

  test('keeps it from nobody else', async () => {
    const { watched, signal, release, executions, logged } = await tLosing(2);
    const [first, second] = watched;
    first!.subscription.leave();
    expect(signal.aborted).toBe(false);
    release();
    await second!.screen.until(() => second!.screen.kinds.length === 2);
    expect(first!.screen.kinds).toEqual(['SNAPSHOT']);
    expect(await executions()).toBe(1);
    expect(logged.complaints()).toEqual([]);
  });

  test('ends it with the last one, which is no error', async () => {
    const { watched, signal, release, executions, logged } = await tLosing(2);
    for (const { subscription } of watched) subscription.leave();
    expect(signal.aborted).toBe(true);
    release();
    await everythingSettled();
    expect(await executions()).toBe(0);
    expect(watched.map(({ screen }) => screen.interruptions)).toEqual([[], []]);
    expect(logged.complaints()).toEqual([]);
  });

  test('is not disconnected when what is read behind it fails', async () => {
    const { wrap, lose } = losable();
    const reading = Promise.withResolvers<never>();
    let reads = 0;
    const read = () => {
      reads += 1;
      return reading.promise;
    };
    const { watch, count } = start({ eventLog: (log) => ({ ...wrap(log), read }) });
    const { signals, source, hold } = holdable();
    const { screen, subscription } = await watch('a', { source });
    const release = hold();
    await lose();
    await until('the snapshot is read', () => signals.length === 2);
    // More than what is kept in memory.
    await count('a', 600);
    release();
    await until('older events are read', () => reads === 1);
    subscription.leave();
    reading.reject(new Error('They cannot be read.'));
    await everythingSettled();
    expect(screen.interruptions).toEqual([]);
  });

  test('is no failed replay either', async () => {
    const logged = tLogLines();
    const { watch, count, eventLog } = start({
      bounds: { maxEvents: 2, maxAgeMs: 3_600_000 },
      log: logged.log,
    });
    const { signals, source, hold } = holdable();
    await count('a');
    const { screen, subscription } = await watch('a', { source });
    subscription.leave();
    for (let times = 0; times < 600; times += 100) await count('a', 100);
    expect((await eventLog.position('count:a')).offset).toBe(601);
    hold();
    const back = await watch('a', { source, after: screen.lastCursor });
    await until('its snapshot is read', () => signals.length === 2);
    back.subscription.leave();
    expect(signals[1]!.aborted).toBe(true);
    await everythingSettled();
    expect(back.screen.interruptions).toEqual([]);
    expect(logged.complaints()).toEqual([]);
  });
});
