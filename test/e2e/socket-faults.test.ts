/** Proves that every mistake of a WebSocket client gets its close code or error, and harms no other client. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { closeCodes } from '../../src/transports/websocket/close-codes.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { subscribe, tAcknowledgedSocket, tClient, tSocket, type Shown } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, runThrough, type Update } from '../support/operations.ts';

let app: RunningApp;
let token: string;
/** Another client, which must not notice anything. */
let bystander: Shown<Update>;
let dispatchId: string;

// Nested, so that the bystander is checked before the service is closed.
describe('beside a bystander', () => {
  beforeEach(async () => {
    app = await tApp({
      MAX_SUBSCRIPTIONS_PER_SOCKET: '5',
      JWT_AUDIENCE: 'despacho',
    });
    token = await app.token();
    dispatchId = await createDispatch(app);
    bystander = subscribe<Update>(tClient(app.wsUrl, token), dispatchUpdated, { id: dispatchId });
    await bystander.until((events) => events.length === 1);
  });

  afterEach(async () => {
    await assign(app, dispatchId);
    await bystander.until((events) => events.length === 2);
  });

  const sign = (claims: Record<string, unknown>, key: string, alg = 'HS256') =>
    new SignJWT({ sub: 'eva', role: 'admin', ...claims }).setProtectedHeader({ alg }).sign(Buffer.from(key));

  const unsigned = () =>
    `${[{ alg: 'none' }, { sub: 'eva', role: 'admin', aud: 'despacho' }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')}.`;

  async function closedBy(...messages: unknown[]) {
    const socket = await tSocket(app.wsUrl);
    for (const message of messages) socket.send(message);
    return socket.closed();
  }

  const init = (authorization: unknown) => ({ type: 'connection_init', payload: { authorization } });

  describe('a connection is closed', () => {
    test('without a token', async () => {
      expect(await closedBy({ type: 'connection_init' })).toMatchObject({ code: 4401 });
      expect(await closedBy({ type: 'connection_init', payload: null })).toMatchObject({ code: 4401 });
    });

    test.each<[string, () => Promise<string> | string, number]>([
      ['signed by nobody', unsigned, closeCodes.unauthorized.code],
      [
        'signed with another key',
        () => sign({ aud: 'despacho' }, 'x'.repeat(40)),
        closeCodes.unauthorized.code,
      ],
      [
        'for another audience',
        () => sign({ aud: 'other' }, app.config.secrets.jwtSecret!.reveal()),
        closeCodes.unauthorized.code,
      ],
      [
        'expired',
        () => sign({ aud: 'despacho', exp: 1_700_000_000 }, app.config.secrets.jwtSecret!.reveal()),
        closeCodes.forbidden.code,
      ],
      ['that is none', () => 'nonsense', closeCodes.unauthorized.code],
    ])('for a token %s', async (_what, forge, code) => {
      expect(await closedBy(init(`Bearer ${await forge()}`))).toMatchObject({ code });
    });

    test('for parameters of the wrong type', async () => {
      expect(await closedBy(init({ a: 1 }))).toMatchObject({ code: 4401 });
    });

    test('for a frame that is not JSON, and for a message that is not of the protocol', async () => {
      expect(await closedBy('{"type":')).toMatchObject({ code: 4400 });
      expect(await closedBy({ type: 'start', id: '1' })).toMatchObject({ code: 4400 });
      expect(await closedBy('[]')).toMatchObject({ code: 4400 });
    });

    const sized = (bytes: number) => ({ query: `# ${'x'.repeat(bytes)}` });

    test('for a frame that is too large by far', async () => {
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      socket.send({ id: '1', type: 'subscribe', payload: sized(140_000) });
      expect(await socket.closed()).toMatchObject({ code: 1009 });
    });

    test('for one that is too large and no operation, or comes before the acknowledgement', async () => {
      const ping = { type: 'ping', payload: sized(70_000) };
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      socket.send(ping);
      expect(await socket.closed()).toMatchObject({ code: 1009 });
      expect(await closedBy({ id: '1', type: 'subscribe', payload: sized(70_000) })).toMatchObject({
        code: 1009,
      });
    });

    test('not for an operation that is a bit too large: that one ends, and the others go on', async () => {
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      socket.send({
        id: '1',
        type: 'subscribe',
        payload: { query: dispatchUpdated, variables: { id: dispatchId } },
      });
      await socket.message('next', '1');
      for (const large of [
        { id: '2', type: 'subscribe', payload: sized(70_000) },
        // As Rust's clients write it.
        { type: 'subscribe', id: '3', payload: sized(70_000) },
      ]) {
        socket.send(large);
        expect(await socket.message('error', large.id)).toMatchObject({
          payload: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
        });
      }
      socket.send({ id: '2', type: 'subscribe', payload: { query: '{ despachos { id } }' } });
      await socket.message('complete', '2');
    });

    test('for a second connection_init, even one that comes at once', async () => {
      expect(await closedBy(init(`Bearer ${token}`), init(`Bearer ${token}`))).toMatchObject({ code: 4429 });
    });

    test('for a subscribe before the acknowledgement', async () => {
      const payload = { query: dispatchUpdated, variables: { id: dispatchId } };
      expect(await closedBy({ id: '1', type: 'subscribe', payload })).toMatchObject({ code: 4401 });
    });

    test('for an operation id that is in use', async () => {
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      const payload = { query: dispatchUpdated, variables: { id: dispatchId } };
      socket.send({ id: '1', type: 'subscribe', payload });
      await socket.message('next', '1');
      socket.send({ id: '1', type: 'subscribe', payload });
      expect(await socket.closed()).toMatchObject({ code: 4409 });
    });

    test('when connection_init does not come', async () => {
      const hasty = await tApp({ CONNECTION_INIT_TIMEOUT_MS: '100' });
      expect(await (await tSocket(hasty.wsUrl)).closed()).toMatchObject({ code: 4408 });
    });

    test('for another sub-protocol', async () => {
      const socket = await tSocket(app.wsUrl, { protocols: [] });
      expect(await socket.closed()).toMatchObject({ code: 4406 });
    });
  });

  describe('an upgrade is refused', () => {
    test('anywhere but at /graphql', async () => {
      expect(await (await tSocket(app.wsUrl.replace('/graphql', '/other'))).refusal()).toBe(404);
    });

    test('from an origin that is not allowed', async () => {
      const closed = await tApp({ CORS_ORIGIN: 'https://tablero.example' });
      expect(await (await tSocket(closed.wsUrl, { origin: 'https://elsewhere.example' })).refusal()).toBe(
        403,
      );
      const allowed = await tSocket(closed.wsUrl, { origin: 'https://tablero.example' });
      allowed.send(init(`Bearer ${await closed.token()}`));
      await allowed.message('connection_ack');
    });

    test('when one address connects too often', async () => {
      const limited = await tApp({
        ...{ RATE_LIMIT_SCALE: '1', CONNECTS_PER_MINUTE: '2', MAX_CONNECTIONS_PER_VIEWER: '1' },
      });
      await tSocket(limited.wsUrl);
      await tSocket(limited.wsUrl);
      expect(await (await tSocket(limited.wsUrl)).closed()).toMatchObject({ code: 1013 });
    });
  });

  describe('an operation gets an error, and its socket stays open', () => {
    const deep = `subscription { dispatchUpdated(id: "1") { dispatch { historial { dispatch { historial { dispatch { historial { dispatch { historial { dispatch { historial { dispatch { id } } } } } } } } } } } } }`;
    test.each<[string, () => { query: string; variables?: Record<string, unknown> }, string]>([
      ['that does not parse', () => ({ query: 'subscription {' }), 'GRAPHQL_PARSE_FAILED'],
      ['with unknown fields', () => ({ query: 'subscription { nothing }' }), 'GRAPHQL_VALIDATION_FAILED'],
      ['that is too deep', () => ({ query: deep }), 'GRAPHQL_VALIDATION_FAILED'],
      [
        'with a wrong enum',
        () => ({ query: 'subscription { dispatchesUpdated(estado: VOLANDO) { cursor } }' }),
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'with a variable of the wrong type',
        () => ({
          query: 'subscription ($e: DispatchStatus) { dispatchesUpdated(estado: $e) { cursor } }',
          variables: { e: 'VOLANDO' },
        }),
        'BAD_USER_INPUT',
      ],
      [
        'on a dispatch that does not exist',
        () => ({ query: dispatchUpdated, variables: { id: '999' } }),
        'NOT_FOUND',
      ],
      [
        'with a cursor that was never one',
        () => ({ query: dispatchUpdated, variables: { id: dispatchId, after: 'mine' } }),
        'BAD_USER_INPUT',
      ],
    ])('%s', async (_what, payload, code) => {
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      socket.send({ id: '1', type: 'subscribe', payload: payload() });
      const error = await socket.message('error', '1');
      expect(error['payload']).toMatchObject([{ extensions: { code } }]);
      socket.send({ id: '1', type: 'subscribe', payload: { query: '{ onlineUsers { id } }' } });
      await socket.message('complete', '1');
    });

    test('with a cursor of another stream', async () => {
      const other = await createDispatch(app);
      const after = bystander.events[0]!.cursor;
      const refused = subscribe(tClient(app.wsUrl, token), dispatchUpdated, { id: other, after });
      await refused.ended();
      expect(refused.failures).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    });

    test('beyond the subscriptions that a socket may have, and again below them', async () => {
      const socket = await tAcknowledgedSocket(app.wsUrl, token);
      const payload = { query: dispatchUpdated, variables: { id: dispatchId } };
      for (const id of ['1', '2', '3', '4', '5']) {
        socket.send({ id, type: 'subscribe', payload });
        await socket.message('next', id);
      }
      socket.send({ id: '6', type: 'subscribe', payload });
      expect((await socket.message('error', '6'))['payload']).toMatchObject([
        { extensions: { code: 'LIMIT_EXCEEDED' } },
      ]);
      socket.send({ id: '1', type: 'complete' });
      socket.send({ id: '7', type: 'subscribe', payload });
      await socket.message('next', '7');
    });

    test('without the permission, and no stream is opened', async () => {
      const nobody = await app.token({ sub: 'nadie', role: 'hospital', permissions: [] });
      const before = await app.metric('dispatch_subscribes_total');
      const refused = subscribe(tClient(app.wsUrl, nobody), dispatchUpdated, { id: dispatchId });
      await refused.ended();
      expect(refused.failures).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
      expect(await app.metric('dispatch_subscribes_total')).toBe(before);
    });

    test('when one viewer asks too often', async () => {
      const env = { SUBSCRIBES_PER_MINUTE: '2', MAX_SUBSCRIPTIONS_PER_VIEWER: '1' };
      const limited = await tApp({ RATE_LIMIT_SCALE: '1', ...env });
      const socket = await tAcknowledgedSocket(limited.wsUrl, await limited.token());
      const payload = { query: '{ despachos { id } }' };
      for (const id of ['1', '2', '3']) socket.send({ id, type: 'subscribe', payload });
      const error = await socket.message('error', '3');
      expect(error['payload']).toMatchObject([
        { extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) } },
      ]);
    });
  });

  test('a viewer has a bounded number of connections at a time', async () => {
    const limited = await tApp({ MAX_CONNECTIONS_PER_VIEWER: '2' });
    const own = await limited.token();
    const first = await tAcknowledgedSocket(limited.wsUrl, own);
    await tAcknowledgedSocket(limited.wsUrl, own);
    const third = await tSocket(limited.wsUrl);
    third.send(init(`Bearer ${own}`));
    expect(await third.closed()).toMatchObject({ code: 1013 });
    await tAcknowledgedSocket(limited.wsUrl, await limited.token({ sub: 'luis' }));
    first.socket.close();
    await first.closed();
    await tAcknowledgedSocket(limited.wsUrl, own);
  });

  test('a socket ends with 4403 when its token does', async () => {
    const clock = new ManualClock();
    const timed = await tApp({}, { clock });
    const id = await createDispatch(timed);
    const socket = await tAcknowledgedSocket(timed.wsUrl, await timed.token({}, 60_000));
    socket.send({ id: '1', type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    await socket.message('next', '1');
    await clock.advance(90_000);
    expect(await socket.closed()).toMatchObject({ code: 4403 });
  });

  test.each([
    ['a parameter of another name', { token: true }],
    ['Apollo Router’s place', { connectionParams: { token: true } }],
    ['without the word Bearer', { Authorization: true }],
  ])('a token is found in %s', async (_where, shape) => {
    const payload = JSON.parse(JSON.stringify(shape).replace('true', JSON.stringify(token))) as unknown;
    const socket = await tSocket(app.wsUrl);
    socket.send({ type: 'connection_init', payload });
    await socket.message('connection_ack');
  });

  test('a token in the upgrade request is accepted, without a payload', async () => {
    const socket = await tSocket(app.wsUrl, { headers: { authorization: `Bearer ${token}` } });
    socket.send('{"type":"connection_init","payload":null}');
    await socket.message('connection_ack');
  });

  test('a client that disappears without closing leaves nothing behind', async () => {
    const socket = await tAcknowledgedSocket(app.wsUrl, token);
    const before = await app.metric('dispatch_subscriptions');
    socket.send({
      id: '1',
      type: 'subscribe',
      payload: { query: dispatchUpdated, variables: { id: dispatchId } },
    });
    await socket.message('next', '1');
    expect(await app.metric('dispatch_subscriptions')).toBe(before + 1);
    socket.socket.terminate();
    await socket.closed();
    while ((await app.metric('dispatch_subscriptions')) !== before);
    while ((await app.metric('dispatch_ws_connections')) !== 1);
  });

  test('nothing is sent after a client completed its operation', async () => {
    const socket = await tAcknowledgedSocket(app.wsUrl, token);
    const id = await createDispatch(app);
    socket.send({ id: '1', type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    await socket.message('next', '1');
    socket.send({ id: '1', type: 'complete' });
    socket.send({ id: '2', type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    await socket.message('next', '2');
    await runThrough(app, id);
    await socket.until(() => socket.messages.filter((message) => message['id'] === '2').length === 6);
    expect(socket.messages.filter((message) => message['id'] === '1')).toHaveLength(1);
  });
});
