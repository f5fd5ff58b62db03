/** What clients are promised of positions: to report, read and watch them. */
import { describe, expect, test } from '@jest/globals';
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
    [{ rumbo: 360.5 }, 'input.rumbo must be from 0 to below 360, and is 360.5.'],
    [{ rumbo: -90 }, 'input.rumbo must be from 0 to below 360, and is -90.'],
    [{ velocidad: -2 }, 'input.velocidad must be from 0 to 999.99, and is -2.'],
    [{ precision: -5 }, 'input.precision must be 0 or more, and is -5.'],
  ])('out of range is refused: %j', async (input, message) => {
    const { report: reportAt, data } = await tLocations();
    const result = await reportAt(input);
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toBe(message);
    expect(await data(crew, '{ dispatch(id: 1) { rastreo { latitud } } }')).toEqual({
      dispatch: { rastreo: [] },
    });
  });

  test('says null for what is not known, as devices write it, and 0 for a full circle', async () => {
    const { report: reportAt, data } = await tLocations();
    for (const input of [
      { rumbo: -1, velocidad: -1, precision: -1 },
      { rumbo: 360, velocidad: -3.6, precision: 0 },
    ])
      expect(await reportAt(input)).toMatchObject({ data: { reportLocation: { latitud: here.latitud } } });
    const { dispatch } = await data(crew, '{ dispatch(id: 1) { rastreo { rumbo velocidad precision } } }');
    expect(dispatch).toEqual({
      rastreo: [
        { rumbo: 0, velocidad: null, precision: 0 },
        { rumbo: null, velocidad: null, precision: null },
      ],
    });
  });

  test('at exactly 0, 0 is that of a receiver without a fix; beside it is a place', async () => {
    const { report: reportAt } = await tLocations();
    for (const zero of [0, -0]) {
      const result = await reportAt({ latitud: zero, longitud: 0 });
      expect(codeOf(result)).toBe('BAD_USER_INPUT');
      expect(result.errors![0]!.extensions).toMatchObject({ reason: 'NO_FIX', field: 'input' });
    }
    for (const place of [
      { latitud: 0, longitud: 9.4 },
      { latitud: 0.00001, longitud: 0 },
    ])
      expect(codeOf(await reportAt(place))).toBeUndefined();
  });

  test('is dated by its device, whose clock may be wrong', async () => {
    const { report: reportAt, clock } = await tLocations();
    const at = (ms: number) => new Date(clock.now() + ms).toISOString();
    for (const recordedAt of [at(60_000), at(-3_600_000), at(120_000), at(365 * 86_400_000)]) {
      const { data } = await reportAt({ recordedAt });
      expect(data).toMatchObject({ reportLocation: { recordedAt } });
    }
    expect(codeOf(await reportAt({ recordedAt: 'now' }))).toBe('BAD_USER_INPUT');
  });

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

  test('never goes back in time', async () => {
    const { report: reportAt, subscribe, data, clock } = await tLocations();
    const at = (ms: number) => new Date(clock.now() + ms).toISOString();
    const stream = await subscribe(viewer('doctor'), watch, { id: '1' });
    await stream.next();
    await reportAt({ latitud: 1, recordedAt: at(-10_000) });
    await reportAt({ latitud: 2, recordedAt: at(-600_000) });
    await reportAt({ latitud: 1, recordedAt: at(-10_000) });
    // Ahead of its arrival it counts as of its arrival.
    await reportAt({ latitud: 3, recordedAt: at(86_400_000) });
    await clock.advance(1);
    await reportAt({ latitud: 4, recordedAt: at(0) });
    await reportAt({ latitud: 5, recordedAt: at(-5) });
    await reportAt({ latitud: 6 });
    const shown = (await stream.take(4)) as { location: { latitud: number } }[];
    expect(shown.map(({ location: { latitud } }) => latitud)).toEqual([1, 3, 4, 6]);
    const { dispatch } = await data(
      crew,
      '{ dispatch(id: 1) { ubicacionActual { latitud } rastreo { latitud } } }',
    );
    expect(dispatch).toEqual({
      ubicacionActual: { latitud: 6 },
      rastreo: [6, 4, 3, 5, 1, 2].map((latitud) => ({ latitud })),
    });
  });

  test('does not begin for a dispatch that does not exist', async () => {
    const { subscribe } = await tLocations();
    const asked = subscribe(viewer('doctor'), watch, { id: '2' });
    await expect(asked).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  });
});
