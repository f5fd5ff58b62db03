/** Proves that every plan of the replay keeps to the status machine and to the times of the log. */
import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { AmbulanceResponse, ResponseTimes } from '../../src/cli/replay/calls/ambulance-response.ts';
import { readCallLog } from '../../src/cli/replay/calls/call-log.ts';
import { generateEvening } from '../../src/cli/replay/calls/demo.ts';
import { distanceM } from '../../src/cli/replay/calls/geometry.ts';
import { planDispatch, planDispatches, type DispatchPlan } from '../../src/cli/replay/calls/timeline.ts';
import { createCallLog } from '../support/call-log.ts';

const realLog = resolve(import.meta.dirname, '../../../shared/data/sffd-calls-2017-week1.csv');

/** The status machine, written once more and apart from the service's own. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  PENDIENTE: ['ASIGNADO', 'CANCELADO'],
  ASIGNADO: ['EN_CAMINO', 'CANCELADO'],
  EN_CAMINO: ['EN_SITIO', 'CANCELADO'],
  EN_SITIO: ['TRASLADANDO', 'COMPLETADO', 'CANCELADO'],
  TRASLADANDO: ['COMPLETADO', 'CANCELADO'],
};

/** Finds everything in a plan that a service would refuse, or that cannot have happened. */
function faultsOf({ rowId, steps, input }: DispatchPlan): string[] {
  const faults: string[] = [];
  let estado = '';
  let lastMs = -Infinity;
  const check = (holds: boolean, fault: string) => {
    if (!holds) faults.push(`${rowId}: ${fault}`);
  };
  for (const step of steps) {
    check(Number.isInteger(step.atMs) && step.atMs >= lastMs, `${step.kind} at ${step.atMs} after ${lastMs}`);
    lastMs = step.atMs;
    if (step.kind === 'position') {
      const { latitud, longitud, velocidad, rumbo = 0 } = step.position;
      check(Math.abs(latitud - 37.77) < 0.12 && Math.abs(longitud + 122.44) < 0.15, 'a position far off');
      check(velocidad >= 0 && velocidad <= 130, `${velocidad} km/h`);
      check(rumbo >= 0 && rumbo < 360, `a course of ${rumbo}°`);
      check(['EN_CAMINO', 'TRASLADANDO'].includes(estado), `a position while ${estado}`);
    } else {
      const next = step.kind === 'create' ? 'PENDIENTE' : step.kind === 'assign' ? 'ASIGNADO' : step.estado;
      check(
        estado === '' ? next === 'PENDIENTE' : (allowed[estado] ?? []).includes(next),
        `${estado} → ${next}`,
      );
      estado = next;
    }
  }
  check(input.origen.direccion.length <= 255, 'a long address');
  return faults;
}

const minute = (minutes: number) => Date.UTC(2017, 0, 1) + minutes * 60_000;

function tPlan(times: Partial<ResponseTimes>, positionsPerLeg = 2): DispatchPlan {
  const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
  if (!response) throw new Error('A log of one response has none.');
  const nothing = {
    dispatch: null,
    response: null,
    onScene: null,
    transport: null,
    hospital: null,
    available: null,
  };
  const told: AmbulanceResponse = { ...response, times: { received: minute(0), ...nothing, ...times } };
  return planDispatch(told, { latitud: 37.79, longitud: -122.42 }, { positionsPerLeg });
}

/** The steps in short form: `EN_SITIO@12` is a status at minute 12; positions are left out. */
function shown({ steps }: DispatchPlan): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'position') return [];
    return [`${step.kind === 'status' ? step.estado : step.kind}@${(step.atMs - minute(0)) / 60_000}`];
  });
}

describe('the steps of a response', () => {
  test('follow its timestamps, with the hospital as their end', () => {
    const times = { dispatch: minute(1), response: minute(2), onScene: minute(10), transport: minute(25) };
    const plan = tPlan({ ...times, hospital: minute(40), available: minute(70) });
    expect(shown(plan)).toEqual([
      'create@0',
      'assign@1',
      'EN_CAMINO@2',
      'EN_SITIO@10',
      'TRASLADANDO@25',
      'COMPLETADO@40',
    ]);
    expect(plan.input.destino?.direccion).toMatch(/Hospital|Medical Center|Campus/);
  });

  test('end with the availability when the hospital is stamped before the transport, or not at all', () => {
    const times = { dispatch: minute(1), response: minute(2), onScene: minute(10), transport: minute(25) };
    expect(shown(tPlan({ ...times, hospital: minute(20), available: minute(70) })).at(-1)).toBe(
      'COMPLETADO@70',
    );
    expect(shown(tPlan({ ...times, available: minute(70) })).at(-1)).toBe('COMPLETADO@70');
  });

  test('end on scene where nobody was transported, and then there is no destination', () => {
    const plan = tPlan({
      dispatch: minute(1),
      response: minute(2),
      onScene: minute(10),
      available: minute(30),
    });
    expect(shown(plan).slice(-2)).toEqual(['EN_SITIO@10', 'COMPLETADO@30']);
    expect(plan.input.destino).toBeUndefined();
  });

  test('are cancelled where the scene was not reached', () => {
    const cancelled = { dispatch: minute(1), response: minute(2), available: minute(8) };
    expect(shown(tPlan(cancelled))).toEqual(['create@0', 'assign@1', 'EN_CAMINO@2', 'CANCELADO@8']);
    expect(shown(tPlan({ dispatch: minute(1), available: minute(8) }))).toEqual([
      'create@0',
      'assign@1',
      'CANCELADO@8',
    ]);
    expect(shown(tPlan({ available: minute(8) }))).toEqual(['create@0', 'CANCELADO@8']);
  });

  test('that have no time in the log lie between their neighbours', () => {
    expect(shown(tPlan({ dispatch: minute(2), onScene: minute(10), available: minute(30) }))).toEqual([
      'create@0',
      'assign@2',
      'EN_CAMINO@6',
      'EN_SITIO@10',
      'COMPLETADO@30',
    ]);
    expect(shown(tPlan({ hospital: minute(50) }))).toEqual([
      'create@0',
      'assign@10',
      'EN_CAMINO@20',
      'EN_SITIO@30',
      'TRASLADANDO@40',
      'COMPLETADO@50',
    ]);
  });

  test('have no end where the log has none', () => {
    expect(shown(tPlan({ dispatch: minute(1), response: minute(2) })).at(-1)).toBe('EN_CAMINO@2');
  });

  test('lead to the scene and from there to the hospital', () => {
    const times = { dispatch: minute(1), response: minute(2), onScene: minute(10), transport: minute(25) };
    const { steps, input } = tPlan({ ...times, hospital: minute(45) }, 4);
    const positions = steps.flatMap((step) => (step.kind === 'position' ? [step.position] : []));
    expect(positions).toHaveLength(8);
    const toScene = positions.slice(0, 4).map((position) => Math.round(distanceM(position, input.origen)));
    expect(toScene).toEqual(toScene.toSorted((a, b) => b - a));
    expect(toScene[3]).toBe(0);
    expect(positions[0]?.velocidad).toBeGreaterThan(0);
    expect(positions[3]?.velocidad).toBe(0);
    expect(input.destino && Math.round(distanceM(positions[7] ?? input.origen, input.destino))).toBe(0);
  });
});

describe('no plan breaks the status machine', () => {
  test('of a made-up log, nor of a demo that goes on for days', () => {
    const { responses } = createCallLog({ seed: 11, ambulanceResponses: 300 });
    const evening = generateEvening({ seed: 5, startMs: minute(0) }).take(3_000);
    for (const source of [responses, evening]) {
      expect([...planDispatches(source, { positionsPerLeg: 3 })].flatMap(faultsOf)).toEqual([]);
    }
  });

  test('whichever timestamps are missing', () => {
    const names = ['dispatch', 'response', 'onScene', 'transport', 'hospital', 'available'] as const;
    for (let mask = 0; mask < 2 ** names.length; mask += 1) {
      const told = names.map(
        (name, index) => [name, mask & (1 << index) ? minute(index * 7 + 1) : null] as const,
      );
      expect(faultsOf(tPlan(Object.fromEntries(told)))).toEqual([]);
    }
  });

  (existsSync(realLog) ? test : test.skip)('of a real week', async () => {
    const rows = await Array.fromAsync(readCallLog(createReadStream(realLog)));
    const responses = rows
      .flatMap((row) => (row.kind === 'response' ? [row.response] : []))
      .sort((a, b) => a.times.received - b.times.received);
    const plans = [...planDispatches(responses, { positionsPerLeg: 3 })];
    expect(plans.flatMap(faultsOf)).toEqual([]);
    const ends = plans
      .map(({ steps }) => steps.at(-1))
      .map((step) => (step?.kind === 'status' ? step.estado : null));
    const count = (estado: string) => ends.filter((end) => end === estado).length;
    expect({
      completado: count('COMPLETADO'),
      cancelado: count('CANCELADO'),
      open: count('EN_CAMINO'),
    }).toEqual({
      completado: 2_700,
      cancelado: 441,
      open: 2,
    });
  });
});

test('a demo plays the same evening for the same seed', () => {
  const evening = (seed: number) =>
    generateEvening({ seed, startMs: minute(0) })
      .take(100)
      .toArray();
  expect(evening(2)).toEqual(evening(2));
  expect(evening(2)).not.toEqual(evening(3));
});

test('no ambulance of a demo answers two calls at once', () => {
  const busyUntil = new Map<string, number>();
  for (const { unitId, times } of generateEvening({ seed: 9, startMs: minute(0) }).take(2_000)) {
    expect(times.dispatch).toBeGreaterThanOrEqual(busyUntil.get(unitId) ?? 0);
    busyUntil.set(unitId, times.available ?? 0);
  }
});
