/** The matrix of authorisation: every role, every operation, every transport, against what docs/authorisation.md promises. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Kind, parse } from 'graphql';
// First: clients end before what they are connected to.
import { subscribe, tClient, type Subscribing } from '../support/graphql-client.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import {
  askers,
  operationNames,
  rowsOf,
  type Asker,
  type Cast,
  type Row,
} from '../support/authorised-operations.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tEventClient } from '../support/event-stream.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { promisedOperations } from '../support/promised-authorisation.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();

const isStream = ({ query }: Row): boolean => query.startsWith('subscription');
const codeOf = (error: unknown): string => (error as { extensions: { code: string } }).extensions.code;
/** What a row came to: `allowed`, or the code of the refusal. What a transport does not have is refused to nobody in particular. */
const outcomeOf = (errors: readonly unknown[] = []): string =>
  errors.length > 0 && codeOf(errors[0]) !== 'BAD_REQUEST' ? codeOf(errors[0]) : 'allowed';

/** What each row came to, by its name. */
type Outcomes = readonly (readonly [name: string, outcome: string])[];

/** Nobody does anything about a dispatch, so that there is one. */
async function firstAlert(app: RunningApp): Promise<string> {
  const query = '{ alerts(first: 1) { edges { node { id } } } }';
  return until('there is an alert', async () => {
    const { data } = await app.ask<{ alerts: { edges: { node: { id: string } }[] } }>(query);
    return data!.alerts.edges[0]?.node.id ?? null;
  });
}

/** A service with a dispatch of ambulance A1 and somebody else who is known, and the ways to ask it as one viewer. */
async function tMatrix(env: Record<string, string>, { role, rides }: Asker) {
  const router = await tCallbackRouter();
  const app = await tApp({
    CALLBACK_ORIGINS: router.origin,
    ALERT_OVERDUE_MS: 'PENDIENTE=50',
    ...env,
  });
  const self = `somebody-${role}`;
  const token = await app.token({ sub: self, role, ambulanciaId: rides ? 'A1' : null });
  const cast: Cast = {
    ...{ despachoId: await createDispatch(app), otherDespachoId: await createDispatch(app) },
    ...{ self, other: 'otra', token, alertId: await firstAlert(app) },
  };
  await assign(app, cast.despachoId, 'A1');
  await move(app, cast.despachoId, 'EN_CAMINO');

  const byHttp = (row: Row) => app.ask(row.query, {}, token).then(({ errors }) => outcomeOf(errors));
  const byCallback = (row: Row) =>
    router.ask(app.url, { token, query: row.query }).then(({ json }) => outcomeOf(json.errors));
  const each = (rows: readonly Row[], ask: (row: Row) => Promise<string>): Promise<Outcomes> =>
    Promise.all(rows.map(async (row) => [row.name, await ask(row)] as const));

  /** A subscription that is not refused says nothing before its first event, but is counted. */
  async function byStream(client: Subscribing, rows: readonly Row[]): Promise<Outcomes> {
    const open = () => app.metric('dispatch_subscriptions');
    const before = await open();
    const answers = rows.map((row) => ({ row, shown: subscribe(client, row.query) }));
    await until('all are answered', async () => {
      const over = answers.filter(({ shown }) => shown.isComplete()).length;
      return over + (await open()) - before === rows.length;
    });
    const outcomes = answers.map(({ row, shown }) => [row.name, outcomeOf(shown.failures)] as const);
    for (const { shown } of answers) shown.unsubscribe();
    await until('all are left', async () => (await open()) === before);
    return outcomes;
  }

  const [webSocket, eventStream] = [tClient(app.wsUrl, token), tEventClient(app.url, token)];
  const transports: Readonly<Record<string, (rows: readonly Row[]) => Promise<Outcomes>>> = {
    HTTP: (rows) =>
      each(
        rows.filter((row) => !isStream(row)),
        byHttp,
      ),
    WebSocket: (rows) => byStream(webSocket, rows),
    'Server-Sent Events': (rows) => byStream(eventStream, rows),
    callback: (rows) => each(rows.filter(isStream), byCallback),
  };
  return { rows: rowsOf(cast), transports };
}

describe.each(Object.keys(setUps))('%s', (setUp) => {
  test.each(askers)('$role (with the ambulance of the dispatch: $rides)', async (asker) => {
    const { rows, transports } = await tMatrix(setUps[setUp]!(), asker);
    const promised = new Map(rows.map((row) => [row.name, row.isAllowed(asker) ? 'allowed' : 'FORBIDDEN']));
    for (const [transport, ask] of Object.entries(transports)) {
      const outcomes = await ask(rows);
      expect([transport, outcomes]).toEqual([
        transport,
        outcomes.map(([name]) => [name, promised.get(name)]),
      ]);
    }
  });
});

test('the page says what each root field needs, and the matrix has each', () => {
  const folder = new URL('../../schema/', import.meta.url);
  const fields = readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .flatMap((file) => parse(readFileSync(new URL(file, folder), 'utf8')).definitions)
    .flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_EXTENSION ? (definition.fields ?? []) : [],
    )
    .map(({ name }) => name.value);
  expect([...promisedOperations].sort()).toEqual([...fields].sort());
  expect([...operationNames()].sort()).toEqual([...fields].sort());
});
