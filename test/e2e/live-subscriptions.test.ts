/** What an admin sees of the subscriptions that are open. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventStream } from '../support/event-stream.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { adminOf } from '../support/session-ends.ts';
import { messageBroadcast, say } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

interface Live {
  readonly userId: string;
  readonly operationName: string | null;
  readonly field: string;
  readonly topic: string;
  readonly transport: string;
  readonly process: string;
  readonly connectionId: string;
  readonly since: string;
  readonly sent: string | null;
  readonly acknowledged: string | null;
  readonly waitingBytes: number;
}

interface Answer {
  readonly subscriptions: readonly Live[];
  readonly total: number;
  readonly isComplete: boolean;
  readonly silentProcesses: readonly unknown[];
}

const query = `query ($userId: ID, $operationName: String, $limit: Int) {
  liveSubscriptions(userId: $userId, operationName: $operationName, limit: $limit) {
    total isComplete silentProcesses { name lastSeen }
    subscriptions { userId operationName field topic transport process connectionId since sent acknowledged waitingBytes }
  }
}`;

async function look(app: RunningApp, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { data, errors } = await app.ask<{ liveSubscriptions: Answer }>(query, variables, await adminOf(app));
  if (!data) throw new Error(JSON.stringify(errors));
  return data.liveSubscriptions;
}

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const payload = { query: messageBroadcast, variables: { channel } };
const withPosition = messageBroadcast.replace('{ message }', '{ message position }');
const positionIn = ({ payload: shown }: Readonly<Record<string, unknown>>): string =>
  (shown as { data: { messageBroadcast: { position: string } } }).data.messageBroadcast.position;
const named = { ...payload, query: withPosition.replace('subscription', 'subscription Room') };

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = (env: Record<string, string> = {}) =>
    tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:`, ...env });
  const live = (app: RunningApp, count: number) =>
    until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

  test('whose they are, on what topic and transport, since when, and how far their clients are', async () => {
    const router = await tCallbackRouter();
    const app = await tService({ CALLBACK_ORIGINS: router.origin });
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token({ sub: 'eva' }));
    socket.send({ id: randomUUID(), type: 'subscribe', payload: named });
    await live(app, 1);
    await tEventStream(`${app.url}/graphql`, { token: await app.token({ sub: 'bob' }), body: payload });
    await live(app, 2);
    await router.ask(app.url, { token: await app.token({ sub: 'luz' }), ...payload });
    await live(app, 3);
    await say(app, channel, 1, 2);
    const positions = await until('both are shown', () => {
      const shown = socket.messages.filter(({ type }) => type === 'next').map(positionIn);
      return shown.length === 2 ? shown : null;
    });
    expect(positions[0]! < positions[1]!).toBe(true);
    const isKnown = ({ subscriptions }: Answer) =>
      subscriptions.filter(({ acknowledged, sent }) => acknowledged === sent).length === 2;
    const answer = await until('both have said that they have it', async () => {
      const found = await look(app);
      return isKnown(found) ? found : undefined;
    });
    const { subscriptions, ...rest } = answer;
    expect(rest).toEqual({ total: 3, isComplete: true, silentProcesses: [] });
    const where = {
      field: 'messageBroadcast',
      topic: `message:${channel}`,
      process: `${hostname()}/${process.pid}`,
      connectionId: expect.stringMatching(/^[\w-]{16}$/),
      since: expect.stringMatching(/^20..-.*Z$/),
      waitingBytes: 0,
      sent: positions.at(-1),
    };
    const { sent } = subscriptions[0]!;
    expect(subscriptions).toEqual([
      { ...where, userId: 'eva', operationName: 'Room', transport: 'WEBSOCKET', acknowledged: sent },
      { ...where, userId: 'bob', operationName: null, transport: 'EVENT_STREAM', acknowledged: null },
      { ...where, userId: 'luz', operationName: null, transport: 'CALLBACK', acknowledged: sent },
    ]);
  });

  test('those of one user, of one operation, or the first of them; all are counted', async () => {
    const app = await tService();
    for (const sub of ['eva', 'bob']) {
      const socket = await tAcknowledgedSocket(app.wsUrl, await app.token({ sub }));
      for (const [id, asked] of [
        ['1', payload],
        ['2', named],
        ['3', named],
      ] as const)
        socket.send({ id, type: 'subscribe', payload: asked });
      await live(app, sub === 'eva' ? 3 : 6);
    }
    const shape = async (variables: Record<string, unknown>) => {
      const { total, subscriptions } = await look(app, variables);
      return [total, subscriptions.map(({ userId, operationName }) => `${userId} ${operationName}`)];
    };
    expect(await shape({ userId: 'eva' })).toEqual([3, ['eva null', 'eva Room', 'eva Room']]);
    expect(await shape({ operationName: 'Room' })).toEqual([
      4,
      ['eva Room', 'eva Room', 'bob Room', 'bob Room'],
    ]);
    expect(await shape({ userId: 'bob', operationName: 'Room', limit: 1 })).toEqual([2, ['bob Room']]);
    expect(await shape({ userId: 'nobody' })).toEqual([0, []]);
  });

  test('bytes that wait for a client that does not read are said', async () => {
    const app = await tService();
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token({ sub: 'eva' }));
    socket.send({ id: randomUUID(), type: 'subscribe', payload });
    await live(app, 1);
    socket.socket.pause();
    const text = 'x'.repeat(4_000);
    let sent = 0;
    const addMore = async () => {
      const fields = Array.from(
        { length: 20 },
        (_, at) => `m${at}: broadcastMessage(channel: "${channel}", message: "${text}") { id }`,
      );
      sent += 20;
      await app.ask(`mutation { ${fields.join(' ')} }`);
      const { subscriptions } = await look(app);
      return (subscriptions[0]?.waitingBytes ?? 0) > 0 && sent;
    };
    // What the kernel takes for the client is some megabytes, which a busy machine needs its time for.
    const waits = await until('bytes wait', addMore, 50_000);
    expect(waits).toBeGreaterThan(0);
  }, 60_000);

  test('only admins may look', async () => {
    const app = await tService();
    for (const role of ['dispatcher', 'system']) {
      const { errors } = await app.ask(query, {}, await app.token({ role }));
      expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    }
  });
});
