/** Proves that a clock which is set, by an hour or little by little, stops nothing and ends nothing: only dates go by it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { subscribe, tAcknowledgedSocket, tClient } from '../support/graphql-client.ts';
import { tMsAuth } from '../support/ms-despacho-repositories.ts';
import { assign, createDispatch, dispatchesUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess } from '../support/server-process.ts';
import { tSetClock, type SetClock } from '../support/set-clock.ts';
import { until } from '../support/until.ts';

const hour = 3_600;
const dayMs = 24 * hour * 1_000;
const keepAliveMs = 200;

const changes: readonly (readonly [string, (clock: SetClock) => Promise<void>])[] = [
  ['set back by an hour', (clock) => clock.set(-hour)],
  ['set on by an hour', (clock) => clock.set(hour)],
  ['that goes too fast', (clock) => clock.drift(1.3)],
  ['that goes too slowly', (clock) => clock.drift(0.7)],
];

describe.each(changes)('a clock %s', (_what, change) => {
  test('pings its sockets as before, and sends them what happens', async () => {
    const clock = await tSetClock();
    const server = await tServerProcess({ ...clock.env, KEEP_ALIVE_MS: String(keepAliveMs) });
    const token = await server.client.token({}, dayMs);
    let pings = 0;
    const onPing = (payload: unknown) => {
      pings += 1;
      bare.send({ type: 'pong', payload });
    };
    const bare = await tAcknowledgedSocket(server.wsUrl, token, { onPing });
    const shown = subscribe<Update>(tClient(server.wsUrl, token), dispatchesUpdated);
    await until('it is pinged', () => pings > 0);

    await change(clock);
    const [before, changedAt] = [pings, performance.now()];
    await until('it is pinged again and again', () => pings >= before + 5);
    const perPingMs = (performance.now() - changedAt) / 5;
    expect(perPingMs / keepAliveMs).toBeGreaterThan(0.5);
    await until('a change arrives', async () => {
      await createDispatch(server.client);
      return shown.events.length > 0;
    });
  });

  test('keeps a service that was away away for no longer than it is', async () => {
    const clock = await tSetClock();
    const standIn = await tMsAuth();
    const token = standIn.login(standIn.addUser(['dispatcher']));
    const server = await tServerProcess({
      ...clock.env,
      MS_AUTH_URL: standIn.url,
      MS_AUTH_TIMEOUT_MS: '500',
    });
    standIn.trouble = () => ({ kind: 'html', status: 503 });
    await until('its circuit is open', async () => {
      await server.client.ask('{ despachos { id } }', {}, `${token}x`);
      return server.lines.some((line) => line.includes('another service is away'));
    });
    await change(clock);
    standIn.trouble = () => undefined;
    const back = performance.now();
    await until('it is used again', async () => {
      const { errors } = await server.client.ask('{ despachos { id } }', {}, token);
      return errors === undefined;
    });
    expect(performance.now() - back).toBeLessThan(10_000);
  });
});

test('what a token says of its end holds by the clock as it is set', async () => {
  const clock = await tSetClock();
  const server = await tServerProcess({ ...clock.env, KEEP_ALIVE_MS: String(keepAliveMs) });
  const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token({}, (hour / 2) * 1_000));
  await clock.set(hour);
  expect(await socket.closed()).toMatchObject({ code: 4403 });
});

describe('a process whose clock is far ahead of those of the others', () => {
  /** Tokens of the tests are good for an hour. */
  const aheadSeconds = 50 * 60;
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterAll(() => postgres.stop());

  test('leaves its viewers when its lease ends, and dates what it changes like the others', async () => {
    await using redis = await tRedis();
    const clock = await tSetClock(aheadSeconds);
    const env = {
      DATABASE_URL: await postgres.createDatabase(),
      REDIS_URL: redis.url,
      PRESENCE_GRACE_MS: '300',
      PRESENCE_LEASE_MS: '1000',
    };
    const right = await tServerProcess(env);
    const ahead = await tServerProcess({ ...env, ...clock.env });
    expect(await ahead.printed('the clock of this machine differs')).toMatch(/"aheadMs":(2[89]|30)\d{5}\b/);

    const shown = subscribe<Update>(
      tClient(right.wsUrl, await right.client.token({}, dayMs)),
      dispatchesUpdated,
    );
    const id = await until('a change of the one arrives at the other', async () => {
      await createDispatch(ahead.client);
      return shown.events[0]?.dispatch.id;
    });
    await assign(right.client, id);
    const { data } = await right.client.ask<{
      despachos: { id: string; fechaSolicitud: string; fechaActualizacion: string }[];
    }>('{ despachos { id fechaSolicitud fechaActualizacion } }');
    const { fechaSolicitud, fechaActualizacion } = data!.despachos.find((dispatch) => dispatch.id === id)!;
    const dates = [fechaSolicitud, fechaActualizacion].map(Date.parse);
    expect(Math.abs(dates[1]! - dates[0]!)).toBeLessThan(60_000);

    await tAcknowledgedSocket(ahead.wsUrl, await ahead.client.token({ sub: 'luz' }, dayMs));
    const online = async () => {
      const { data } = await right.client.ask<{ onlineUsers: { id: string }[] }>('{ onlineUsers { id } }');
      return data!.onlineUsers.some((user) => user.id === 'luz');
    };
    await until('luz is online', online);
    await ahead.kill('SIGKILL');
    await until('luz is offline', async () => !(await online()));
  });
});
