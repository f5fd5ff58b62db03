/** Proves that the log has one line for each operation, with its viewer and outcome, and no secrets. */
import { expect, test } from '@jest/globals';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { tServerProcess } from '../support/server-process.ts';

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

const secret = 'a-secret-that-only-this-environment-knows-0123456789';

test('there is one line for each operation, and no token, secret or variable in anything that the process prints', async () => {
  const server = await tServerProcess({ JWT_SECRET: secret, LOG_LEVEL: 'trace' });
  const token = await server.client.token({ sub: 'ana', name: 'Ana' });
  const forged = `${token.slice(0, -4)}AAAA`;
  const ask = (requestId: string, body: string, shown: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${shown}`,
        'x-request-id': requestId,
      },
      body,
    });
  const variables = { input: { origen: { latitud: 1, longitud: 2, direccion: 'somebody’s home' } } };
  const query = 'mutation Create($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
  await ask('r1', JSON.stringify({ query, variables }), token);
  await ask('r2', JSON.stringify({ query: 'query Board { despachos(limit: 0) { id } }' }), token);
  await ask('r3', JSON.stringify({ query: '{ despachos { id } }' }), forged);
  await ask('r4', `{ "token": "${token}"`, token);
  await fetch(`${server.url}/graphql?query={__typename}&token=${token}`, {
    headers: { authorization: token },
  });
  const socket = await tAcknowledgedSocket(server.wsUrl, token);
  socket.send({ type: 'nonsense', payload: { authorization: token } });
  await socket.closed();
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });

  const printed = server.lines.join('\n');
  for (const hidden of [token, forged, token.split('.')[2]!, secret, 'somebody’s home'])
    expect(printed).not.toContain(hidden);

  const lines = server.lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'operation');
  const of = (requestId: string) => lines.filter((line) => line.requestId === requestId);
  expect(of('r1')).toMatchObject([
    {
      viewer: 'ana',
      type: 'mutation',
      operation: 'Create',
      status: 200,
      outcome: 'ok',
      durationMs: expect.any(Number),
    },
  ]);
  expect(of('r2')).toMatchObject([
    { viewer: 'ana', type: 'query', operation: 'Board', outcome: 'BAD_USER_INPUT' },
  ]);
  expect(of('r3')).toMatchObject([{ viewer: null, status: 200, outcome: 'UNAUTHENTICATED' }]);
  expect(of('r4')).toMatchObject([{ viewer: null, type: null, status: 400, outcome: 'BAD_REQUEST' }]);
  expect(lines).toHaveLength(5);
});
