/** Federated traces: gateways that ask for them get them where they are configured, and nobody else does. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { post } from '../support/http.ts';
import { createDispatch, createDispatches } from '../support/operations.ts';

const body = { query: '{ despachos { id historial { changeType } } }' };
const headers = { 'apollo-federation-include-trace': 'ftv1' };

/** What can be read of a trace without its format: the names of fields, and their types. */
const readTrace = (extensions: unknown) =>
  Buffer.from((extensions as { readonly ftv1: string }).ftv1, 'base64').toString('latin1');

test('whoever asks is told of each field, and is answered as anybody else', async () => {
  const app = await tApp({ FEDERATED_TRACES: 'on' });
  await createDispatch(app);
  const plain = await post(app, { body });
  expect(plain.json).toEqual({ data: { despachos: [{ id: '1', historial: [{ changeType: 'CREATED' }] }] } });
  const { json } = await post(app, { body, headers });
  expect(json.data).toEqual(plain.json.data);
  const trace = readTrace(json['extensions']);
  for (const type of ['[Dispatch!]!', 'ID!', '[DispatchUpdate!]!', 'DispatchChangeType!'])
    expect(trace).toContain(type);
});

test('what fails is in the trace, without its words', async () => {
  const app = await tApp({ FEDERATED_TRACES: 'on' });
  const { json, code } = await post(app, { body: { query: '{ despachos(limit: 0) { id } }' }, headers });
  expect(code).toBe('BAD_USER_INPUT');
  const trace = readTrace(json['extensions']);
  expect(trace).toContain('<masked>');
  expect(trace).not.toContain(json.errors![0]!.message);
});

test('the gates are those of everybody', async () => {
  const app = await tApp({ FEDERATED_TRACES: 'on', MAX_COST: '5000' });
  const refused = await post(app, { body, headers, token: await app.token({ permissions: [] }) });
  expect(refused.code).toBe('FORBIDDEN');
  const dear = { query: '{ despachos(limit: 200) { historial(limit: 100) { changeType } } }' };
  expect((await post(app, { body: dear, headers })).code).toBe('COST_EXCEEDED');
});

test('a trace tells of 5,000 fields at the most', async () => {
  const app = await tApp({ FEDERATED_TRACES: 'on' });
  await createDispatches(app, 50);
  const lists = Array.from({ length: 30 }, (_, at) => `l${at}: despachos { id version estado prioridad }`);
  const { json } = await post(app, { body: { query: `{ ${lists.join(' ')} }` }, headers });
  expect(Object.values(json.data!).flat()).toHaveLength(30 * 50);
  const types = /\[Dispatch!\]!|ID!|Int!|DispatchStatus!|Prioridad!/g;
  expect(readTrace(json['extensions']).match(types)).toHaveLength(5_000);
});

test('where they are not configured nobody is told', async () => {
  const app = await tApp();
  const { json } = await post(app, { body, headers });
  expect(json).toEqual({ data: { despachos: [] } });
});
