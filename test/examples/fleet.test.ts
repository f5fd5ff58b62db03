/** Proves that the example for other teams does what its page says. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { startFleet } from '../../examples/fleet/server.ts';
import { readCodeBlocks } from '../../src/cli/schema-check/operations/code-blocks.ts';

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
  return async (query: string, variables: Record<string, unknown> = {}): Promise<unknown> => {
    const response = await fetch(fleet.url, {
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
  ];
  expect(await ask(entities, { representations })).toEqual({
    _entities: [
      { id: '7', vehicle: { placa: '2045-KLP' } },
      { id: '8', vehicle: null },
      { id: '9', vehicle: null },
      { id: 'A2', placa: '3310-BTR', currentDispatch: null },
      null,
    ],
  });
});

test('its page shows the same text as the files', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const shown = readCodeBlocks(read('docs/subgraph-authors.md')).map(({ text }) => `${text}\n`);
  expect(shown).toContain(read('examples/fleet/schema.graphql'));
  expect(shown).toContain(read('examples/fleet/resolvers.ts'));
});
