/** Proves what the client package tells an app of an operation: refusals at once, what passes never, one answer per question. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Kind, parse, type ObjectTypeDefinitionNode, type TypeNode } from 'graphql';
import { prepare } from '../../packages/live/src/core/operation.ts';
import { query as whereStreamsStand } from '../../packages/live/src/core/tails.ts';
import {
  CreateDispatchDocument,
  DispatchesDocument,
  OneDispatchDocument,
  UpdateDispatchStatusDocument,
  StreamPlacesDocument,
} from '../../packages/live/src/generated/operations.ts';
import { LiveError } from '../../packages/live/src/index.ts';
import { tApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tLive, watch } from '../support/live-client.ts';
import { createDispatch } from '../support/operations.ts';

const compact = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

test('an operation is asked for cursors and places, whether it names them or not', () => {
  const { query, stream } = prepare(
    'subscription ($id: ID!) { seen: dispatchUpdated(id: $id) { changeType } }',
  );
  expect(compact(query)).toBe(
    'subscription ($id: ID!, $after: Cursor) { seen: dispatchUpdated(id: $id, after: $after) { changeType cursor position follows } }',
  );
  expect(stream).toEqual({
    ...{ key: 'seen', after: 'after', field: 'dispatchUpdated', beginsWithState: true },
    argumentsOf: expect.any(Function) as unknown,
  });
  expect(stream!.argumentsOf({ id: '7', after: 'c' })).toEqual({ id: '7' });
});

test('a variable for the cursor keeps its name, and one of the same name its meaning', () => {
  const named = prepare(
    'subscription ($from: Cursor) { dispatchesUpdated(after: $from) { cursor changeType } }',
  );
  expect(compact(named.query)).toBe(
    'subscription ($from: Cursor) { dispatchesUpdated(after: $from) { cursor changeType position follows } }',
  );
  const taken = prepare('subscription ($after: ID!) { dispatchUpdated(id: $after) { changeType } }');
  expect(taken.stream!.after).toBe('_after');
});

test('what the package asks by itself is the operation of that name', () => {
  expect(whereStreamsStand).toBe(compact(prepare(StreamPlacesDocument).query));
});

test('what is no stream of the service is passed on as it is', () => {
  for (const text of ['{ despachos { id } }', 'subscription { hospitalChanged { id } }']) {
    const { query, stream } = prepare(text);
    expect([compact(query), stream]).toEqual([text, null]);
  }
});

test('each stream of the schema is known as one, and whether its events say what they follow', () => {
  const files = readdirSync('schema').filter((name) => name.endsWith('.graphql'));
  const definitions = files.flatMap((name) => parse(readFileSync(`schema/${name}`, 'utf8')).definitions);
  const tellsWhatItFollows = (type: TypeNode): boolean =>
    type.kind !== Kind.NAMED_TYPE
      ? tellsWhatItFollows(type.type)
      : definitions.some(
          (definition) =>
            definition.kind === Kind.OBJECT_TYPE_DEFINITION &&
            definition.name.value === type.name.value &&
            definition.fields?.some(({ name }) => name.value === 'follows'),
        );
  const fields = definitions
    .filter(
      (definition) =>
        definition.kind === Kind.OBJECT_TYPE_EXTENSION && definition.name.value === 'Subscription',
    )
    .flatMap((definition) => (definition as unknown as ObjectTypeDefinitionNode).fields ?? []);
  expect(fields.length).toBeGreaterThan(5);
  for (const { name, arguments: args = [], type } of fields) {
    const text = `subscription { ${name.value} { timestamp } }`;
    const isStream = args.some((arg) => arg.name.value === 'after');
    const expected = isStream ? tellsWhatItFollows(type) : null;
    expect([name.value, prepare(text).stream && prepare(text).stream?.field !== null]).toEqual([
      name.value,
      expected,
    ]);
  }
});

test('typed operations list, create and read', async () => {
  const app = await tApp();
  const { live } = tLive(app.url, await app.token());
  const origen = { latitud: -16.5, longitud: -68.15 };
  const { createDispatch: created } = await live.request(CreateDispatchDocument, { input: { origen } });
  expect(created).toMatchObject({ id: '1', estado: 'PENDIENTE', version: 1, origen });
  const { despachos } = await live.request(DispatchesDocument, { limit: 5 });
  expect(despachos).toEqual([created]);
  const { dispatch } = await live.request(OneDispatchDocument, { id: '1' });
  expect(dispatch).toEqual(created);
});

test('a mutation whose connection breaks before the answer is made once', async () => {
  const app = await tApp();
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, await app.token());
  await live.request('{ despachos { id } }', {});
  wire.cut();
  const origen = { latitud: -16.5, longitud: -68.15 };
  const created = live.request(CreateDispatchDocument, { input: { origen } });
  wire.mend();
  await expect(created).resolves.toMatchObject({ createDispatch: { version: 1 } });
  await went('live');
  const { data } = await app.ask<{ despachos: unknown[] }>('{ despachos { id } }');
  expect(data!.despachos).toHaveLength(1);
});

test('a mutation that is refused says why, and what was done beside one that was refused is told', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { live } = tLive(app.url, await app.token());
  const old = { id, estado: 'CANCELADO', expectedVersion: 7 } as const;
  await expect(live.request(UpdateDispatchStatusDocument, old)).rejects.toMatchObject({ code: 'CONFLICT' });
  const both = `mutation {
    first: assignDispatch(id: "${id}", ambulanciaId: "A-1") { version }
    second: updateDispatchStatus(id: "${id}", estado: COMPLETADO) { version }
  }`;
  await expect(live.request(both, {})).resolves.toEqual({ first: { version: 2 }, second: null });
});

test('what is refused for good is said, with its code, and the connection goes on', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { live } = tLive(app.url, await app.token());
  const missing = watch(live, 'subscription { dispatchUpdated(id: "999") { changeType } }');
  await missing.ended();
  expect(missing.errors[0]).toBeInstanceOf(LiveError);
  expect(missing.errors[0]!.code).toBe('NOT_FOUND');
  const wrong = watch(live, 'subscription { dispatchUpdated(id: "1") { nothing } }');
  await wrong.ended();
  expect(wrong.errors[0]!.code).toBe('GRAPHQL_VALIDATION_FAILED');
  const good = watch(live, 'subscription ($id: ID!) { dispatchUpdated(id: $id) { changeType } }', { id });
  await good.until(({ length }) => length === 1);
  await expect(live.request('{ dispatch(id: "1") { nothing } }', {})).rejects.toThrow(LiveError);
});
