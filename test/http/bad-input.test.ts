/** Proves that every kind of bad request gets its error code, and that the service goes on serving. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { expectToServeOthers, post, send, type HttpAnswer, type Posted } from '../support/http.ts';
import { tLogLines } from '../support/log-lines.ts';
import { until } from '../support/until.ts';

let app: RunningApp;
beforeEach(async () => {
  app = await tApp();
});

/** Posts the request, then checks that another request is served. */
async function ask(posted: Posted): Promise<HttpAnswer> {
  const answer = await post(app, posted);
  await expectToServeOthers(app);
  return answer;
}

describe('a request that is not GraphQL', () => {
  test.each([
    ['malformed JSON', '{"query": "{ despachos'],
    ['an empty body', ''],
    ['JSON that would change prototypes', '{"__proto__": {"query": "{ despachos { id } }"}}'],
    ['no query', '{"variables": {}}'],
    ['a query that is a number', '{"query": 7}'],
    ['variables that are a list', '{"query": "{ despachos { id } }", "variables": [1]}'],
  ])('%s is BAD_REQUEST', async (_what, body) => {
    const { status, code, headers, json } = await ask({ body });
    expect({ status, code }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
    expect(Object.keys(json)).toEqual(['errors']);
  });

  test('with another media type than JSON is refused', async () => {
    const body = '{"query": "{ despachos { id } }"}';
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const { status, code } = await ask({ body, headers: { 'content-type': type } });
      expect({ status, code }).toEqual({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
  });

  test('that is a batch is refused, with the reason', async () => {
    const { status, code, json } = await ask({
      body: [{ query: '{ __typename }' }, { query: '{ __typename }' }],
    });
    expect({ status, code }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(json.errors![0]!.message).toMatch(/one operation per request/);
  });

  test('that is a posted subscription is refused, and the message says how to subscribe', async () => {
    const query = 'subscription Board { dispatchesUpdated { cursor } }';
    const { status, code, json } = await ask({ body: { query } });
    expect({ status, code }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(json.errors![0]!.message).toMatch(/graphql-ws/);
  });

  test('that is a mutation by GET is refused', async () => {
    const query = 'mutation { updateUserStatus(status: AWAY) { id } }';
    const { status, headers, code } = await send(`${app.url}/graphql?${new URLSearchParams({ query })}`, {
      headers: { authorization: `Bearer ${await app.token()}` },
    });
    expect({ status, code, allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'BAD_REQUEST',
      allow: 'POST',
    });
  });

  test('with another method is refused, and the response names the allowed ones', async () => {
    const { status, headers } = await send(`${app.url}/graphql`, { method: 'PUT', body: '{}' });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, POST' });
  });

  test('to an unknown path gets 404, in JSON', async () => {
    const { status, json } = await send(`${app.url}/api/notificar`, { method: 'POST' });
    expect(status).toBe(404);
    expect(json).toEqual({ error: expect.any(String) });
  });

  test.each(['/', '/board', '/elsewhere', '//graphql'])(
    'with an encoding that nobody knows is their mistake at any path: %s',
    async (path) => {
      const logged = tLogLines();
      const { url } = await tApp({}, logged);
      const atStart = logged.complaints();
      const headers = { 'content-type': 'application/json', 'content-encoding': 'compress' };
      expect((await send(url + path, { method: 'POST', headers, body: '{}' })).status).toBeLessThan(500);
      expect(logged.complaints()).toEqual(atStart);
    },
  );

  test('whose sender leaves in the middle of it is no mistake of ours', async () => {
    const logged = tLogLines();
    const left = await tApp({}, logged);
    const atStart = logged.complaints();
    const socket = connect(Number(new URL(left.url).port), '127.0.0.1');
    const head = [
      'POST /graphql HTTP/1.1',
      'host: x',
      'content-type: application/json',
      'content-length: 90',
    ];
    socket.write(`${[...head, `authorization: Bearer ${await left.token()}`].join('\r\n')}\r\n\r\n{"query":`);
    // Answered once the one before it is read.
    await expectToServeOthers(left);
    socket.destroy();
    const line = await until('it is over', () => logged.lines.find(({ viewer }) => viewer === null));
    expect(line).toMatchObject({ msg: 'operation', outcome: 'CLIENT_CLOSED_REQUEST' });
    expect(logged.complaints()).toEqual(atStart);
  });
});

describe('a request that is too large', () => {
  test('of 10 MB with its length gets 413, which the client can read', async () => {
    const { status, code } = await ask({ body: Buffer.alloc(10_000_000, 'a') });
    expect({ status, code }).toEqual({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
  });

  test('without its length gets it too', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (let chunk = 0; chunk < 20; chunk += 1) socket.write(`2000\r\n${'a'.repeat(0x2000)}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    await expectToServeOthers(app);
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s);
  });

  test('is larger than MAX_BODY_BYTES', async () => {
    const larger = await tApp({ MAX_BODY_BYTES: '200000' });
    const smaller = await tApp({ MAX_BODY_BYTES: '65536' });
    const query = `{ despachos { id } } # ${'a'.repeat(100_000)}`;
    expect((await post(smaller, { body: { query } })).status).toBe(413);
    expect((await post(larger, { body: { query } })).status).toBe(200);
  });

  test.each([
    ['too many levels', `{ despachos ${nested(20)} }`],
    ['too many aliases', `{ ${Array.from({ length: 40 }, (_, n) => `d${n}: despachos { id }`).join(' ')} }`],
    ['too many directives', `{ despachos { id ${'@include(if: true) '.repeat(60)} } }`],
    ['too many levels of fragments', `query { ...A } ${fragments(20)}`],
  ])('an operation with %s is refused', async (_what, query) => {
    const { status, code } = await ask({ body: { query } });
    expect({ status, code }).toEqual({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  test('so is one with too many tokens, before it is parsed to the end', async () => {
    const { status, code, json } = await ask({ body: { query: `{ ${'a '.repeat(5_000)} }` } });
    expect({ status, code }).toEqual({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
    expect(json.errors![0]!.message).toMatch(/token/);
  });
});

describe('an operation that the schema does not allow', () => {
  const create = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
  const origen = { latitud: 1, longitud: 2 };

  test.each([
    ['a field', '{ despachos { id paciente } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['an argument', '{ despachos(paciente: 1) { id } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['an enum value', '{ despachos(estado: EN_ROUTE) { id } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a syntax', '{ despachos { id ', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an enum value in a variable', create, { input: { origen, prioridad: 'URGENTE' } }, 'BAD_USER_INPUT'],
    ['a field in a variable', create, { input: { origen, paciente: 'x' } }, 'BAD_USER_INPUT'],
    ['a missing variable', create, {}, 'BAD_USER_INPUT'],
  ])('%s is refused as a whole', async (_what, query, variables, expected) => {
    const { status, code, json } = await ask({ body: { query, variables } });
    expect({ status, code, data: json.data }).toEqual({ status: 400, code: expected, data: undefined });
  });

  test('with the name of another operation than the document has', async () => {
    const { status, json } = await ask({
      body: { query: 'query A { __typename }', operationName: 'B' },
    });
    expect(status).toBe(400);
    expect(json.errors![0]!.message).toMatch(/"B"/);
  });
});

describe('values that do not exist, or are not allowed', () => {
  const location =
    'mutation ($input: LocationInput!) { reportLocation(despachoId: "1", input: $input) { latitud } }';
  const create = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';

  test.each([
    ['an id that does not exist', 'mutation { subscribeToDispatch(id: "999999") { id } }', {}, 'NOT_FOUND'],
    [
      'an id that could not exist',
      'mutation { subscribeToDispatch(id: "no; such--id") { id } }',
      {},
      'NOT_FOUND',
    ],
    [
      'a latitude beyond the pole',
      create,
      { input: { origen: { latitud: 90.5, longitud: 0 } } },
      'BAD_USER_INPUT',
    ],
    [
      'a longitude beyond the date line',
      create,
      { input: { origen: { latitud: 0, longitud: -181 } } },
      'BAD_USER_INPUT',
    ],
    [
      'a reported position out of range',
      location,
      { input: { latitud: -91, longitud: 0 } },
      'BAD_USER_INPUT',
    ],
    ['a page that is too large', '{ despachos(limit: 501) { id } }', {}, 'BAD_USER_INPUT'],
  ])('%s', async (_what, query, variables, expected) => {
    const token = await app.token({ sub: 'system', role: 'system' });
    const { code, json } = await ask({ body: { query, variables }, token });
    expect(code).toBe(expected);
    expect(Object.values(json.data ?? {}).filter((value) => value !== null)).toEqual([]);
  });

  test('a query for a dispatch that does not exist is null without an error', async () => {
    const { status, json } = await ask({ body: { query: '{ dispatch(id: "999999") { id } }' } });
    expect({ status, json }).toEqual({ status: 200, json: { data: { dispatch: null } } });
  });
});

/** Deeper than any operation needs to be. Types refer to each other, so there is no natural limit. */
function nested(levels: number): string {
  return levels === 0 ? '{ id }' : `{ historial { dispatch ${nested(levels - 1)} } }`;
}

/** Just as deep, with a fragment for each level. */
function fragments(levels: number): string {
  const names = Array.from({ length: levels }, (_, level) => `F${level}`);
  const inner = names.map((name, level) => {
    const next = names[level + 1];
    return `fragment ${name} on Dispatch { historial { dispatch { ${next ? `...${next}` : 'id'} } } }`;
  });
  return [`fragment A on Query { despachos { ...F0 } }`, ...inner].join(' ');
}
