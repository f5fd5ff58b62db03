/** What an area is told of an ambulance, and how often. */
import { describe, expect, test } from '@jest/globals';
import type { AreaChange, AreaEvent, Fix } from '../../src/modules/location/areas/area-fix.ts';
import { AreaWatch } from '../../src/modules/location/areas/area-watch.ts';
import { ManualClock } from '../support/clock.ts';

const inside = { latitud: 0.5, longitud: 0.5 };
const alsoInside = { latitud: 0.6, longitud: 0.6 };
const outside = { latitud: 0.5, longitud: 1.01 };
const further = { latitud: 0.5, longitud: 1.02 };

function tArea(area: { minIntervalMs?: number; estado?: 'EN_CAMINO' } = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const events: AreaEvent[] = [];
  const losses: string[] = [];
  const watch = new AreaWatch(
    { box: { south: 0, west: 0, north: 1, east: 1 }, estado: null, minIntervalMs: 1_000, ...area },
    {
      onEvent({ data, offset }) {
        const event = data as AreaEvent;
        events.push(event);
        expect(offset).toBe(events.length);
        told.push(`${event.change} ${event.fix.despachoId}@${event.fix.sequence}`);
      },
      onLost: ({ epoch }) => losses.push(epoch),
    },
    clock,
  );
  const places = new Map<string, Fix>();
  /** The ambulance of a dispatch is somewhere else. */
  const go = (despachoId: string, place: { latitud: number; longitud: number }, other: Partial<Fix> = {}) => {
    const before = places.get(despachoId);
    const fix: Fix = {
      ...{ id: `${despachoId}-${places.size}`, at: 0, despachoId, timestamp: '', isJump: false },
      sequence: (before?.sequence ?? 0) + 1,
      ...{ estado: 'EN_CAMINO', estadoBefore: before?.estado ?? 'EN_CAMINO' },
      from: before?.location ?? null,
      location: {
        ...place,
        altitud: null,
        velocidad: null,
        rumbo: null,
        precision: null,
        recordedAt: '',
        receivedAt: '',
      },
      ...other,
    };
    places.set(despachoId, fix);
    watch.take(fix);
    return fix;
  };
  return { clock, told, events, losses, watch, go };
}

describe('within an interval', () => {
  test('the newest position of each ambulance is told, when it is over', async () => {
    const { clock, told, go } = tArea();
    go('a', inside);
    go('a', alsoInside);
    go('b', inside);
    await clock.advance(500);
    go('a', inside);
    expect(told).toEqual(['ENTERED a@1', 'ENTERED b@1']);
    await clock.advance(500);
    expect(told).toEqual(['ENTERED a@1', 'ENTERED b@1', 'MOVED a@3']);
    await clock.advance(10_000);
    expect(told).toHaveLength(3);
  });

  test('positions of many wait a quarter of it for each other, and are told together', async () => {
    const { clock, told, events, go } = tArea();
    for (const id of ['a', 'b']) go(id, inside, { from: alsoInside });
    await clock.advance(200);
    go('c', inside, { from: alsoInside });
    expect(told).toEqual([]);
    await clock.advance(50);
    expect(told).toEqual(['MOVED a@1', 'MOVED b@1', 'MOVED c@1']);
    go('d', inside, { from: outside });
    expect(events.at(-1)).toMatchObject({ change: 'ENTERED', fix: { despachoId: 'd' } });
    go('a', alsoInside);
    await clock.advance(999);
    expect(told).toHaveLength(4);
    await clock.advance(1);
    expect(told.at(-1)).toBe('MOVED a@2');
  });

  test('that it has left is told at once, and nothing of what waited', async () => {
    const { clock, told, go } = tArea();
    go('a', inside);
    go('a', alsoInside);
    go('a', outside);
    expect(told).toEqual(['ENTERED a@1', 'LEFT a@3']);
    go('a', inside);
    go('a', alsoInside);
    expect(told).toHaveLength(2);
    await clock.advance(1_000);
    expect(told).toEqual(['ENTERED a@1', 'LEFT a@3', 'ENTERED a@5']);
    go('a', inside);
    go('a', further);
    await clock.advance(1_000);
    expect(told).toEqual(['ENTERED a@1', 'LEFT a@3', 'ENTERED a@5', 'LEFT a@7']);
  });

  test('an ambulance that leaves twice has left twice', async () => {
    const { clock, told, go } = tArea();
    go('a', inside);
    go('a', outside);
    go('a', inside);
    go('a', outside);
    expect(told).toEqual(['ENTERED a@1', 'LEFT a@2', 'LEFT a@4']);
    await clock.advance(5_000);
    expect(told).toHaveLength(3);
  });
});

describe('a way', () => {
  test.each<[what: string, from: typeof inside, to: typeof inside, isJump: boolean, told: AreaChange[]]>([
    ['through the area', { latitud: 0.5, longitud: -0.1 }, outside, false, ['LEFT']],
    ['that is a jump', { latitud: 0.5, longitud: -0.1 }, outside, true, []],
    ['past the area', further, outside, false, []],
    ['into it', outside, inside, false, ['ENTERED']],
    ['out of it', inside, outside, false, ['LEFT']],
    ['in it', inside, alsoInside, false, ['MOVED']],
    ['out of it by a jump', inside, further, true, ['LEFT']],
  ])('%s', async (_what, from, to, isJump, expected) => {
    const { events, go, clock } = tArea();
    go('a', to, { from, isJump });
    await clock.advance(1_000);
    expect(events.map(({ change }) => change)).toEqual(expected);
  });
});

test('a fix that comes late by another cell changes nothing', () => {
  const { told, watch, go } = tArea({ minIntervalMs: 100 });
  go('a', inside);
  const late = go('b', inside);
  go('b', outside);
  watch.take(late);
  expect(told).toEqual(['ENTERED a@1', 'ENTERED b@1', 'LEFT b@2']);
});

test('the end of a dispatch, and another status, are told like a way', () => {
  const { told, go } = tArea({ estado: 'EN_CAMINO', minIntervalMs: 1 });
  const { location } = go('a', inside);
  go('a', location, { from: location, estado: 'EN_SITIO', sequence: 1 });
  const { location: other } = go('b', inside);
  go('b', other, { from: other, estado: 'COMPLETADO', sequence: 1 });
  expect(told).toEqual(['ENTERED a@1', 'LEFT a@1', 'ENTERED b@1', 'LEFT b@1']);
});

test('of a loss all begin anew, and what waited is forgotten', async () => {
  const { clock, told, losses, watch, go } = tArea();
  go('a', inside);
  go('a', alsoInside);
  watch.lose();
  await clock.advance(2_000);
  expect(told).toEqual(['ENTERED a@1']);
  expect(losses).toHaveLength(1);
  expect(losses[0]).not.toBe(watch.epoch);
  watch.close();
  expect(clock.pending).toBe(0);
});
