/** What clients are promised of positions: to report, read and watch them. */
import { describe, expect, test } from '@jest/globals';
import { ofOurOwnRecord } from '../support/set-up.ts';
import { codeOf, tSubgraph, viewer } from '../support/subgraph.ts';

const crew = viewer('system');
const report =
  'mutation ($input: LocationInput!) { reportLocation(despachoId: 1, input: $input) { latitud recordedAt } }';
const here = { latitud: -17.78, longitud: -63.18 };

/** A subgraph with dispatch 1. */
async function tLocations() {
  const subgraph = await tSubgraph();
  const create = 'mutation { createDispatch(input: {origen: {latitud: 0, longitud: 0}}) { id } }';
  await subgraph.data(crew, create);
  return {
    ...subgraph,
    report: (input: object = {}) => subgraph.ask(crew, report, { input: { ...here, ...input } }),
  };
}

test('a reported position is the dispatch’s last one, and one of its track', async () => {
  const { report: reportAt, data, clock } = await tLocations();
  await reportAt({ latitud: 1 });
  await reportAt({ latitud: 2, altitud: 416, velocidad: 62.5, rumbo: 359.9, precision: 4 });
  const { dispatch } = await data(
    viewer('doctor'),
    `{ dispatch(id: 1) {
      ubicacionActual { latitud longitud altitud velocidad rumbo precision recordedAt }
      rastreo { latitud } newest: rastreo(limit: 1) { latitud } } }`,
  );
  expect(dispatch).toEqual({
    ubicacionActual: {
      ...here,
      latitud: 2,
      altitud: 416,
      velocidad: 62.5,
      rumbo: 359.9,
      precision: 4,
      recordedAt: new Date(clock.now()).toISOString(),
    },
    rastreo: [{ latitud: 2 }, { latitud: 1 }],
    newest: [{ latitud: 2 }],
  });
});

describe('a position', () => {
  test.each([
    [{ latitud: -90.5 }, 'input.latitud must be from -90 to 90, and is -90.5.'],
    [{ longitud: 180.5 }, 'input.longitud must be from -180 to 180, and is 180.5.'],
    [{ altitud: 20001 }, 'input.altitud must be from -1000 to 20000, and is 20001.'],
    [{ velocidad: 1000 }, 'input.velocidad must be from 0 to 999.99, and is 1000.'],
    [{ rumbo: 360 }, 'input.rumbo must be from 0 to below 360, and is 360.'],
    [{ precision: -1 }, 'input.precision must be 0 or more, and is -1.'],
  ])('out of range is refused: %j', async (input, message) => {
    const { report: reportAt, data } = await tLocations();
    const result = await reportAt(input);
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toBe(message);
    expect(await data(crew, '{ dispatch(id: 1) { rastreo { latitud } } }')).toEqual({
      dispatch: { rastreo: [] },
    });
  });

  ofOurOwnRecord('MS Despacho dates positions itself')(
    'is dated by its device, at most a minute ahead of us',
    async () => {
      const { report: reportAt, clock } = await tLocations();
      const at = (ms: number) => new Date(clock.now() + ms).toISOString();
      for (const recordedAt of [at(60_000), at(-3_600_000)]) {
        const { data } = await reportAt({ recordedAt });
        expect(data).toMatchObject({ reportLocation: { recordedAt } });
      }
      const result = await reportAt({ recordedAt: at(60_001) });
      expect(codeOf(result)).toBe('BAD_USER_INPUT');
      expect(result.errors![0]!.message).toMatch(
        /^input\.recordedAt must be at most one minute in the future/,
      );
      expect(codeOf(await reportAt({ recordedAt: 'now' }))).toBe('BAD_USER_INPUT');
    },
  );

  test('of a dispatch that has ended, or never was, is refused', async () => {
    const { report: reportAt, ask, data } = await tLocations();
    await data(crew, 'mutation { updateDispatchStatus(id: 1, estado: CANCELADO) { id } }');
    expect(codeOf(await reportAt())).toBe('INVALID_TRANSITION');
    const elsewhere = report.replace('despachoId: 1', 'despachoId: "none"');
    expect(codeOf(await ask(crew, elsewhere, { input: here }))).toBe('NOT_FOUND');
  });
});

describe('the stream of positions', () => {
  const watch = `subscription ($id: ID!, $after: Cursor) { locationUpdated(despachoId: $id, after: $after) {
    cursor despachoId snapshot location { latitud } } }`;

  test('begins with nothing known yet, and goes on with what is reported', async () => {
    const { report: reportAt, subscribe } = await tLocations();
    const stream = await subscribe(viewer('doctor'), watch, { id: '1' });
    expect(await stream.next()).toMatchObject({ despachoId: '1', snapshot: true, location: null });
    await reportAt({ latitud: 1 });
    expect(await stream.next()).toMatchObject({ snapshot: false, location: { latitud: 1 } });
  });

  test('begins with the last known position, once', async () => {
    const { report: reportAt, subscribe } = await tLocations();
    await reportAt({ latitud: 1 });
    const stream = await subscribe(viewer('doctor'), watch, { id: '1' });
    await reportAt({ latitud: 2 });
    expect(await stream.take(2)).toMatchObject([
      { snapshot: true, location: { latitud: 1 } },
      { snapshot: false, location: { latitud: 2 } },
    ]);
  });

  test('goes on after a cursor', async () => {
    const { report: reportAt, subscribe } = await tLocations();
    const first = await subscribe(viewer('doctor'), watch, { id: '1' });
    await first.next();
    await reportAt({ latitud: 1 });
    const { cursor } = await first.next();
    first.leave();
    await reportAt({ latitud: 2 });
    const second = await subscribe(viewer('doctor'), watch, { id: '1', after: cursor });
    expect(await second.next()).toMatchObject({ snapshot: false, location: { latitud: 2 } });
  });

  test('does not begin for a dispatch that does not exist', async () => {
    const { subscribe } = await tLocations();
    const asked = subscribe(viewer('doctor'), watch, { id: '2' });
    await expect(asked).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  });
});
