/** Proves that the example for other teams does what its page says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { handOnAlerts } from '../../examples/fleet/alerts.ts';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { startFleet } from '../../examples/fleet/server.ts';
import { createVehicles } from '../../examples/fleet/vehicles.ts';
import { generateEvening } from '../../src/cli/replay/calls/demo.ts';
import { readCodeBlocks } from '../../src/cli/schema-check/operations/code-blocks.ts';
import { tApp } from '../support/app.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { until } from '../support/until.ts';

const root = resolve(import.meta.dirname, '../..');

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function tFleet(...vehicles: readonly Vehicle[]) {
  const fleet = await startFleet({
    port: 0,
    vehicles: new Map(vehicles.map((vehicle) => [vehicle.id, vehicle])),
  });
  closing.push(fleet.close);
  return asking(fleet.url);
}

function asking(url: string) {
  return async (query: string, variables: Record<string, unknown> = {}): Promise<unknown> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return ((await response.json()) as { readonly data?: unknown }).data;
  };
}

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Vehicle { id placa currentDispatch { id } }
    ... on Dispatch { id vehicle { placa } }
    ... on Alert { id vehicle { placa } }
  }
}`;
const busy: Vehicle = { id: 'A1', placa: '2045-KLP', currentDispatchId: '7' };
const free: Vehicle = { id: 'A2', placa: '3310-BTR', currentDispatchId: null };

test('leads from a vehicle to its dispatch, of which it knows only the key', async () => {
  const ask = await tFleet(busy, free);
  expect(await ask('{ vehicles { id currentDispatch { __typename id } } vehicle(id: "A9") { id } }')).toEqual(
    {
      vehicles: [
        { id: 'A1', currentDispatch: { __typename: 'Dispatch', id: '7' } },
        { id: 'A2', currentDispatch: null },
      ],
      vehicle: null,
    },
  );
});

test('leads from dispatches to their vehicles, for many at once as a router asks', async () => {
  const ask = await tFleet(busy, free);
  const representations = [
    { __typename: 'Dispatch', id: '7', ambulancia: { id: 'A1' } },
    { __typename: 'Dispatch', id: '8', ambulancia: null },
    { __typename: 'Dispatch', id: '9', ambulancia: { id: 'of another fleet' } },
    { __typename: 'Vehicle', id: 'A2' },
    { __typename: 'Vehicle', id: 'A9' },
    { __typename: 'Alert', id: '1', ambulanciaId: 'A1' },
    { __typename: 'Alert', id: '2', ambulanciaId: null },
  ];
  expect(await ask(entities, { representations })).toEqual({
    _entities: [
      { id: '7', vehicle: { placa: '2045-KLP' } },
      { id: '8', vehicle: null },
      { id: '9', vehicle: null },
      { id: 'A2', placa: '3310-BTR', currentDispatch: null },
      null,
      { id: '1', vehicle: { placa: '2045-KLP' } },
      { id: '2', vehicle: null },
    ],
  });
});

test('its vehicles are the ambulances of the demo', () => {
  const vehicles = createVehicles();
  const evening = generateEvening({ seed: 1, startMs: 0 });
  const units = Array.from({ length: 300 }, () => evening.next().value.unitId);
  expect(units.filter((unit) => !vehicles.has(unit))).toEqual([]);
  expect(new Set(units).size).toBe(vehicles.size);
});

test('run as its page says, by the npm of any Node, it knows which dispatch each vehicle serves', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id, 'A07');
  // Whatever Node npm itself runs on: not the one that npm run puts before it.
  const ownNode = resolve(root, 'node_modules/.bin');
  const PATH = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ownNode);
  const args = ['run', '-s', 'fleet', '--', '--port', '0', '--url', `${app.url}/graphql`];
  const fleet = spawn('npm', [...args, '--token', await app.token()], {
    cwd: root,
    env: { ...process.env, PATH: PATH.join(delimiter) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(fleet, 'close');
  closing.push(async () => {
    fleet.kill('SIGTERM');
    await ended;
  });
  const url = await new Promise<string>((found) => {
    createInterface({ input: fleet.stdout }).on('line', (line) => {
      const said = /^The fleet answers at (\S+)/.exec(line)?.[1];
      if (said !== undefined) found(said);
    });
  });
  const ask = asking(url);
  const serving = () => ask('{ vehicle(id: "A07") { placa currentDispatch { id } } }');
  await until('the vehicle serves the dispatch', async () =>
    JSON.stringify(await serving()).includes(`"id":"${id}"`),
  );
  expect(await serving()).toEqual({ vehicle: { placa: '2259-XZA', currentDispatch: { id } } });
  await move(app, id, 'CANCELADO');
  await until('it is free', async () => JSON.stringify(await serving()).includes('"currentDispatch":null'));
});

test('hands alerts on to an address, again and again until it takes them', async () => {
  const app = await tApp({ ALERT_OVERDUE_MS: 'ASIGNADO=50' });
  const posted: { readonly kind: string; readonly vehicle: { readonly placa: string } | null }[] = [];
  const pager = createServer((request, response) => {
    void json(request).then((alert) => {
      posted.push(alert as (typeof posted)[number]);
      response.writeHead(posted.length < 3 ? 503 : 204).end();
    });
  });
  await new Promise<void>((listening) => pager.listen(0, '127.0.0.1', listening));
  const { port } = pager.address() as AddressInfo;
  const problems: string[] = [];
  const end = handOnAlerts({
    ...{ url: `${app.url}/graphql`, token: await app.token(), to: `http://127.0.0.1:${port}` },
    ...{ vehicles: createVehicles(), againMs: 10, onError: (problem: string) => problems.push(problem) },
  });
  closing.push(async () => {
    end();
    pager.closeAllConnections();
    await new Promise((closed) => pager.close(closed));
  });
  const id = await createDispatch(app);
  await assign(app, id, 'A07');
  await until('it is taken', () => posted.length === 3);
  expect(posted).toMatchObject(
    Array.from({ length: 3 }, () => ({ kind: 'OVERDUE', vehicle: { placa: '2259-XZA' } })),
  );
  expect(problems).toEqual(['alert 1: 503', 'alert 1: 503']);
});

test('its page shows the same text as the files', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const shown = readCodeBlocks(read('docs/subgraph-authors.md')).map(({ text }) => `${text}\n`);
  expect(shown).toContain(read('examples/fleet/schema.graphql'));
  expect(shown).toContain(read('examples/fleet/resolvers.ts'));
});
