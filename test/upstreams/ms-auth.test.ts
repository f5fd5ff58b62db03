/** The promises to viewers whose tokens are MS Auth's: who they are, what they may do, and that it ends when MS Auth says so. */
import { describe, expect, test } from '@jest/globals';
import { RefusedTokens } from '../../src/auth/refused-tokens.ts';
import { parseToken } from '../../src/auth/request-token.ts';
import { createServiceTokenVerifier } from '../../src/auth/service-tokens.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { RateLimitMemory } from '../../src/stores/rate-limit/memory.ts';
import { TokenVerdictsMemory } from '../../src/stores/token-verdicts/memory.ts';
import { MsAuth } from '../../src/upstreams/ms-auth.ts';
import { Upstream } from '../../src/upstreams/upstream.ts';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { subscribe, tAcknowledgedSocket, tClient } from '../support/graphql-client.ts';
import { dispatchesUpdated } from '../support/operations.ts';
import { renew, renewByPing } from '../support/renewal.ts';
import { clientError } from '../support/repositories.ts';
import { tMsAuth } from '../support/ms-despacho-repositories.ts';
import { until } from '../support/until.ts';

/** The verification alone, on a clock that is moved by hand. */
async function tVerifier(fallbackRole: string | null = null) {
  const standIn = await tMsAuth();
  const clock = new ManualClock();
  const log = createLogger('silent');
  const settings = { name: 'MS Auth', url: `${standIn.url}/graphql`, timeoutMs: 500 };
  const upstream = new Upstream({ ...settings, log, metrics: createMetrics() });
  const client = new MsAuth({ upstream, log });
  const verifyToken = createServiceTokenVerifier({
    ...{ client, clock, cacheMs: 300_000, fallbackRole },
    verdicts: new TokenVerdictsMemory({ clock }),
    refusedTokens: new RefusedTokens({
      ...{ rateLimit: new RateLimitMemory({ clock }), clock, perMinute: null },
      onLimited: () => {},
    }),
  });
  const verify = async (text: string) => verifyToken(parseToken(text), null);
  return { standIn, clock, verify, client, upstream };
}

async function tService(env: Record<string, string> = {}) {
  const standIn = await tMsAuth();
  const app = await tApp({ MS_AUTH_URL: standIn.url, MS_AUTH_TIMEOUT_MS: '500', ...env });
  return { standIn, app };
}

const whoAmI = '{ despachos { id } }';

describe('a token of MS Auth', () => {
  test('names its user, with role and permissions', async () => {
    const { standIn, verify, upstream } = await tVerifier();
    const token = standIn.login(standIn.addUser(['dispatcher'], 'Ana Flores'));
    const viewer = await verify(token);
    expect(viewer).toMatchObject({ id: '1', name: 'Ana Flores', role: 'dispatcher', expiresAt: null });
    expect([...viewer.permissions]).toEqual(
      expect.arrayContaining(['view-dispatches', 'update-dispatch', 'view-users']),
    );
    // Permissions that only this service knows go with the role.
    const system = await verify(standIn.login(standIn.addUser(['hospital', 'system'])));
    expect(system.role).toBe('system');
    expect(system.permissions.has('report-location')).toBe(true);
    for (const permission of ['view-messages', 'send-messages'])
      expect(system.permissions.has(permission)).toBe(true);
    await upstream.close();
  });

  test('is asked about once while the answer holds, however many ask', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier();
    const token = standIn.login(standIn.addUser(['dispatcher']));
    await Promise.all(Array.from({ length: 200 }, () => verify(token)));
    await clock.advance(299_999);
    await verify(token);
    expect(standIn.calls).toHaveLength(1);
    await clock.advance(1);
    await verify(token);
    expect(standIn.calls).toHaveLength(2);
    await upstream.close();
  });

  test('that is refused is refused for half a minute without asking; a failed question is forgotten at once', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier();
    const refused = clientError('UNAUTHENTICATED', { reason: 'REVOKED' });
    for (let count = 0; count < 5; count++) await expect(verify('9|nope')).rejects.toMatchObject(refused);
    expect(standIn.calls).toHaveLength(1);
    await clock.advance(30_000);
    await expect(verify('9|nope')).rejects.toMatchObject(refused);
    expect(standIn.calls).toHaveLength(2);
    for (const token of ['a|b|c', `1|${'x'.repeat(2000)}`])
      await expect(verify(token)).rejects.toMatchObject(
        clientError('UNAUTHENTICATED', { reason: 'MALFORMED' }),
      );

    const token = standIn.login(standIn.addUser(['dispatcher']));
    await standIn.goDown();
    await expect(verify(token)).rejects.toMatchObject(clientError('UPSTREAM_UNAVAILABLE'));
    await standIn.comeBack();
    expect(await verify(token)).toMatchObject({ id: '1' });
    await upstream.close();
  });

  test('of a user who was deactivated is refused, though MS Auth accepts it', async () => {
    const { standIn, verify, upstream } = await tVerifier();
    const user = standIn.addUser(['dispatcher']);
    user.status = 'inactive';
    await expect(verify(standIn.login(user))).rejects.toMatchObject(clientError('UNAUTHENTICATED'));
    await upstream.close();
  });
});

describe('what MS Auth says goes before what it said', () => {
  test('of a user who was deactivated and has no role any more', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier();
    const user = standIn.addUser(['admin']);
    const token = standIn.login(user);
    expect(await verify(token)).toMatchObject({ role: 'admin' });
    user.status = 'inactive';
    user.roles = [];
    await clock.advance(300_000);
    await expect(verify(token)).rejects.toMatchObject(clientError('UNAUTHENTICATED'));
    // Another token of the same user fares no better, though MS Auth cannot describe its user now.
    standIn.broken.add('me');
    await expect(verify(standIn.login(user))).rejects.toMatchObject(clientError('UNAUTHENTICATED'));
    await upstream.close();
  });

  test.each(['Inactive', ' INACTIVE '])('whose status is written %j', async (status) => {
    const { standIn, verify, upstream } = await tVerifier();
    const user = standIn.addUser(['admin']);
    user.status = status as 'inactive';
    await expect(verify(standIn.login(user))).rejects.toMatchObject(clientError('UNAUTHENTICATED'));
    await upstream.close();
  });

  test('of a user whose list of roles is empty now, whatever the fallback', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier('admin');
    const user = standIn.addUser(['admin']);
    const token = standIn.login(user);
    expect((await verify(token)).permissions.has('update-dispatch')).toBe(true);
    user.roles = [];
    await clock.advance(300_000);
    const viewer = await verify(token);
    expect(viewer.role).toBe('unknown');
    expect([...viewer.permissions]).toEqual([]);
    await upstream.close();
  });

  test('and ends the connections of an admin within MS_AUTH_CACHE_MS', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '200' });
    const [emptied, shutOut] = [standIn.addUser(['admin']), standIn.addUser(['admin'])];
    const sockets = await Promise.all(
      [emptied, shutOut].map((user) => tAcknowledgedSocket(app.wsUrl, standIn.login(user))),
    );
    emptied.roles = [];
    Object.assign(shutOut, { status: 'inactive', roles: [] });
    for (const socket of sockets) expect(await socket.closed()).toMatchObject({ code: 4403 });
  });

  test('where others are shown a role, too', async () => {
    const { standIn, app } = await tService();
    const eva = standIn.addUser(['admin'], 'Eva');
    await app.ask(whoAmI, {}, standIn.login(eva));
    eva.roles = [];
    const token = standIn.login(standIn.addUser(['dispatcher']));
    const { data } = await app.ask(`{ user(id: "${eva.id}") { name role } }`, {}, token);
    expect(data).toEqual({ user: { name: 'Eva', role: null } });
  });
});

describe('where MS Auth cannot say who somebody is', () => {
  test('what it said before stands in for MS_AUTH_CACHE_MS, and not longer', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier();
    const token = standIn.login(standIn.addUser(['admin']));
    await verify(token);
    standIn.broken.add('me').add('userPermissions');
    await clock.advance(400_000);
    expect(await verify(token)).toMatchObject({ role: 'admin' });
    await clock.advance(200_000);
    const viewer = await verify(token);
    expect(viewer.role).toBe('unknown');
    expect([...viewer.permissions]).toEqual([]);
    await upstream.close();
  });

  test('its permissions are what is known', async () => {
    const { standIn, verify, upstream } = await tVerifier();
    standIn.broken.add('me');
    const viewer = await verify(standIn.login(standIn.addUser(['dispatcher'])));
    expect(viewer).toMatchObject({ id: '1', name: null, role: 'unknown' });
    expect(viewer.permissions.has('update-dispatch')).toBe(true);
    await upstream.close();
  });

  test('what it said before is used', async () => {
    const { standIn, verify, clock, upstream } = await tVerifier();
    const token = standIn.login(standIn.addUser(['paramedic'], 'Eva'));
    await verify(token);
    standIn.broken.add('me').add('userPermissions');
    await clock.advance(300_000);
    expect(await verify(token)).toMatchObject({ name: 'Eva', role: 'paramedic' });
    await upstream.close();
  });

  test.each([
    [null, 'unknown', false],
    ['dispatcher', 'dispatcher', true],
  ])('the id is all there is; MS_AUTH_FALLBACK_ROLE=%s', async (fallbackRole, role, mayView) => {
    const { standIn, verify, upstream } = await tVerifier(fallbackRole);
    standIn.broken.add('me').add('userPermissions');
    const viewer = await verify(standIn.login(standIn.addUser(['admin'])));
    expect(viewer).toMatchObject({ id: '1', role });
    expect(viewer.permissions.has('view-dispatches')).toBe(mayView);
    await upstream.close();
  });

  test('a failure that it reports as an invalid token is not taken for a refusal', async () => {
    const { standIn, verify, upstream } = await tVerifier();
    standIn.trouble = () => ({
      kind: 'changed',
      change: () => ({
        data: { validateToken: { isValid: false, message: 'Error validando token: SQLSTATE' }, me: null },
      }),
    });
    await expect(verify('1|x')).rejects.toMatchObject(clientError('UPSTREAM_UNAVAILABLE'));
    await upstream.close();
  });
});

describe('a service with MS Auth', () => {
  test('takes its tokens and, beside them, JWTs that are verified here', async () => {
    const { standIn, app } = await tService();
    const token = standIn.login(standIn.addUser(['dispatcher']));
    expect((await app.ask(whoAmI, {}, token)).errors).toBeUndefined();
    expect((await app.ask(whoAmI)).errors).toBeUndefined();
    expect((await app.ask(whoAmI, {}, '1|wrong')).errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(standIn.calls).toHaveLength(2);
    const limited = standIn.login(standIn.addUser(['hospital']));
    expect((await app.ask(whoAmI, {}, limited)).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('opens 200 sockets of one token with one question', async () => {
    const { standIn, app } = await tService({ MAX_CONNECTIONS_PER_VIEWER: '300' });
    const token = standIn.login(standIn.addUser(['dispatcher']));
    const sockets = await Promise.all(
      Array.from({ length: 200 }, () => tAcknowledgedSocket(app.wsUrl, token)),
    );
    expect(sockets).toHaveLength(200);
    console.info(`200 sockets opening with one token: ${standIn.calls.length} call(s) of MS Auth`);
    expect(standIn.calls).toHaveLength(1);
  });

  test('ends the sockets of a token that MS Auth stops accepting, and no others', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '200' });
    const [one, other] = [
      standIn.login(standIn.addUser(['dispatcher'])),
      standIn.login(standIn.addUser(['dispatcher'])),
    ];
    const socket = await tAcknowledgedSocket(app.wsUrl, one);
    const stays = await tAcknowledgedSocket(app.wsUrl, other);
    standIn.revoke(one);
    expect(await socket.closed()).toMatchObject({ code: 4403 });
    const asked = standIn.calls.length;
    await until('the other is asked about again', () => standIn.calls.length > asked + 1);
    expect(stays.socket.readyState).toBe(1);
  });

  test('ends the sockets of a viewer whose permissions change', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '200' });
    const user = standIn.addUser(['dispatcher']);
    const socket = await tAcknowledgedSocket(app.wsUrl, standIn.login(user));
    user.roles = ['hospital'];
    expect(await socket.closed()).toMatchObject({ code: 4403 });
  });

  test('ends a socket that was renewed with the newer token, and not with the one before', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '200' });
    const user = standIn.addUser(['dispatcher']);
    const [first, second] = [standIn.login(user), standIn.login(user)];
    const socket = await tAcknowledgedSocket(app.wsUrl, first);
    expect((await renew(socket, second)).data).toEqual({ renewSession: { expiresAt: null } });
    standIn.revoke(first);
    expect((await renew(socket, '1|wrong')).errors).toMatchObject([{ extensions: { reason: 'REVOKED' } }]);
    const ofAnother = standIn.login(standIn.addUser(['dispatcher']));
    expect((await renewByPing(socket, { token: ofAnother })).errors).toMatchObject([
      { extensions: { reason: 'OTHER_VIEWER' } },
    ]);
    const asked = standIn.calls.length;
    await until('the newer one is asked about again', () => standIn.calls.length > asked + 1);
    expect(socket.socket.readyState).toBe(1);
    standIn.revoke(second);
    expect(await socket.closed()).toMatchObject({ code: 4403 });
  });

  test('ends the event streams of a token that MS Auth stops accepting', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '200' });
    const token = standIn.login(standIn.addUser(['dispatcher']));
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${token}`, accept: 'text/event-stream' },
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: dispatchesUpdated }),
    });
    expect(response.status).toBe(200);
    standIn.revoke(token);
    // Cut, so that its client comes back, to be refused as everybody else is who asks with this token.
    await expect(response.text()).rejects.toThrow('terminated');
    expect((await app.ask(whoAmI, {}, token)).errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('keeps sockets open while MS Auth is away', async () => {
    const { standIn, app } = await tService({ MS_AUTH_CACHE_MS: '100' });
    const client = tClient(app.wsUrl, standIn.login(standIn.addUser(['dispatcher'])));
    const board = subscribe(client, dispatchesUpdated);
    await until('it is open', async () => (await app.metric('dispatch_subscriptions')) === 1);
    await standIn.goDown();
    const failed = async () =>
      (await (await fetch(`${app.url}/metrics`)).text()).includes('outcome="unreachable"');
    await until('a call has failed', failed);
    expect(board.isComplete()).toBe(false);
  });

  test('knows the names of users who were never here, those of one query in one call', async () => {
    const { standIn, app } = await tService();
    const ids = ['Ana', 'Eva', 'Luz'].map((name) => standIn.addUser(['doctor'], name).id);
    const token = standIn.login(standIn.addUser(['dispatcher']));
    await app.ask(whoAmI, {}, token);
    const before = standIn.calls.length;
    const query = `{ ${ids.map((id) => `u${id}: user(id: "${id}") { name role isOnline }`).join(' ')} none: user(id: "77") { name } }`;
    const { data } = await app.ask(query, {}, token);
    expect(data).toEqual({
      u1: { name: 'Ana', role: 'doctor', isOnline: false },
      u2: { name: 'Eva', role: 'doctor', isOnline: false },
      u3: { name: 'Luz', role: 'doctor', isOnline: false },
      none: null,
    });
    expect(standIn.calls.slice(before)).toHaveLength(1);
    standIn.broken.add('user');
    expect((await app.ask('{ onlineUsers { id name } }', {}, token)).errors).toBeUndefined();
  });
});

describe('when an admin has thrown a user of MS Auth out', () => {
  const ended = [401, 'SESSION_ENDED'];

  test('none of their tokens is accepted, a new one neither, until they are let in again', async () => {
    const { standIn, app } = await tService();
    const [eva, bob, root] = [['hospital'], ['hospital'], ['admin']].map((roles) => standIn.addUser(roles));
    const [old, unseen, ofBob, admin] = [eva!, eva!, bob!, root!].map((user) => standIn.login(user));
    const seen = async (token: string) => {
      const { status, errors } = await app.ask(whoAmI, {}, token);
      return [status, errors?.[0]?.extensions['reason']];
    };
    const socket = await tAcknowledgedSocket(app.wsUrl, old!);
    expect(await seen(old!)).toEqual([200, undefined]);
    const say = (field: string) =>
      app.ask<Record<string, object>>(
        `mutation { ${field}(userId: "${eva!.id}", reason: "A lost phone.") { endedConnections refusedUntil } }`,
        {},
        admin,
      );
    const { data } = await say('endSession');
    // Their tokens never end.
    expect(data!['endSession']).toEqual({ endedConnections: 1, refusedUntil: null });
    expect((await socket.closed()).code).toBe(4401);
    const newer = standIn.login(eva!);
    for (const token of [old!, unseen!, newer]) expect(await seen(token)).toEqual(ended);
    expect(await seen(ofBob!)).toEqual([200, undefined]);
    await say('readmitUser');
    expect(await seen(newer)).toEqual([200, undefined]);
  });
});
