/** When an ambulance is expected: from where it was, at a constant speed, or by whoever knows the roads. */
import { expect, test } from '@jest/globals';
import type { TravelTimes } from '../../src/modules/dispatch/arrival/arrival.ts';
import { tDispatches } from '../support/dispatches.ts';
import { viewer } from '../support/subgraph.ts';

const crew = viewer('system');
const origen = { latitud: 0, longitud: 0 };
const destino = { latitud: 0, longitud: 1 };
/** A degree of a great circle, at 40 km/h. */
const degreeSeconds = 10_008;
const report =
  'mutation ($id: ID!, $input: LocationInput!) { reportLocation(despachoId: $id, input: $input) { latitud } }';

async function tOnItsWay(options: { travelTimes?: TravelTimes; destino?: typeof destino | null } = {}) {
  const { travelTimes, destino: to = destino } = options;
  const subgraph = await tDispatches(travelTimes ? { travelTimes } : {});
  const id = await subgraph.create({ origen, destino: to });
  await subgraph.assign(id);
  return {
    ...subgraph,
    move: (estado: string) => subgraph.move(id, estado),
    report: (input: object) => subgraph.data(crew, report, { id, input }),
    eta: async () => {
      const query = 'query ($id: ID!) { dispatch(id: $id) { eta { seconds computedAt basis } } }';
      return ((await subgraph.data(crew, query, { id }))['dispatch'] as { eta: unknown }).eta;
    },
  };
}

test('it is expected at the scene, and then at the destination, from where it was last', async () => {
  const { move, report: reportAt, eta, clock } = await tOnItsWay();
  await reportAt({ latitud: 1, longitud: 0 });
  expect(await eta()).toBeNull();
  await move('EN_CAMINO');
  const computedAt = new Date(clock.now()).toISOString();
  expect(await eta()).toEqual({ seconds: degreeSeconds, computedAt, basis: 'CONSTANT_SPEED' });
  await clock.advance(60_000);
  // Time alone changes nothing: it is to be taken off by whoever shows it.
  expect(await eta()).toEqual({ seconds: degreeSeconds, computedAt, basis: 'CONSTANT_SPEED' });
  await reportAt({ latitud: 0.5, longitud: 0 });
  expect(await eta()).toMatchObject({ seconds: degreeSeconds / 2 });
  await move('EN_SITIO');
  expect(await eta()).toBeNull();
  await move('TRASLADANDO');
  await reportAt({ latitud: 0, longitud: 0.5 });
  expect(await eta()).toMatchObject({ seconds: degreeSeconds / 2 });
});

test('without a position, or a destination, nobody says when', async () => {
  const { move, report: reportAt, eta } = await tOnItsWay({ destino: null });
  await move('EN_CAMINO');
  expect(await eta()).toBeNull();
  await reportAt({ latitud: 1, longitud: 0 });
  await move('EN_SITIO');
  await move('TRASLADANDO');
  expect(await eta()).toBeNull();
});

test('a position that is dated later than it came in counts from when it did', async () => {
  const { move, report: reportAt, eta, clock } = await tOnItsWay();
  await move('EN_CAMINO');
  const recordedAt = new Date(clock.now() + 30_000).toISOString();
  await reportAt({ latitud: 1, longitud: 0, recordedAt });
  expect(await eta()).toMatchObject({ computedAt: new Date(clock.now()).toISOString() });
});

test('who knows the roads is asked instead; where they cannot tell, that field alone is an error', async () => {
  const answers = [123, null];
  const travelTimes: TravelTimes = {
    basis: 'CONSTANT_SPEED',
    async secondsBetween() {
      const seconds = answers.shift();
      if (seconds === undefined) throw new Error('The roads are closed.');
      return seconds;
    },
  };
  const { move, report: reportAt, eta, ask } = await tOnItsWay({ travelTimes });
  await move('EN_CAMINO');
  await reportAt({ latitud: 1, longitud: 0 });
  expect(await eta()).toMatchObject({ seconds: 123 });
  expect(await eta()).toBeNull();
  const result = await ask(crew, '{ dispatch(id: 1) { estado eta { seconds } } }');
  expect(result.data).toEqual({ dispatch: { estado: 'EN_CAMINO', eta: null } });
  expect(result.errors).toHaveLength(1);
});
