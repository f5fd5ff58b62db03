/** Proves what the board says of times: since when, overdue, and when an ambulance arrives. */
import { describe, expect, test } from '@jest/globals';
import { sinceOf } from '../../src/board/data/dispatch.ts';
import { Dispatches } from '../../src/board/data/dispatches.ts';
import { estimateArrival } from '../../src/board/state/arrival.ts';
import { overdueMs, parseLimits, usualLimits } from '../../src/board/state/limits.ts';
import { boardDispatch, boardLocation } from '../support/board-dispatch.ts';

const minuteMs = 60_000;

describe('since when a dispatch is in its status', () => {
  test('is what it says of itself, until the board has seen the change', () => {
    const fechaAsignacion = '2026-11-24T10:30:00.000Z';
    const assigned = boardDispatch('1', { estado: 'ASIGNADO', fechaAsignacion });
    expect(sinceOf(boardDispatch('1'))).toBe('2026-11-24T10:01:00.000Z');
    expect(sinceOf(assigned)).toBe(fechaAsignacion);
    const dispatches = new Dispatches();
    dispatches.take(assigned);
    const moved = boardDispatch('1', {
      estado: 'EN_CAMINO',
      version: 2,
      fechaActualizacion: '2026-11-24T12:00:00.000Z',
    });
    dispatches.apply({ changeType: 'STATUS_CHANGED', dispatch: moved }, 0);
    const noted = { ...moved, version: 3, fechaActualizacion: '2026-11-24T13:00:00.000Z' };
    dispatches.apply({ changeType: 'UPDATED', dispatch: noted }, 0);
    expect(dispatches.since(noted)).toBe('2026-11-24T12:00:00.000Z');
  });
});

describe('a dispatch is overdue', () => {
  const after = (minutes: number, change: Parameters<typeof boardDispatch>[1]) =>
    overdueMs(boardDispatch('1', change), usualLimits, 0, minutes * minuteMs);

  test('beyond the limit of its status, sooner when it is critical and nobody serves it, and never when it has ended', () => {
    expect(after(6, {})).toBe(minuteMs);
    expect(after(4, {})).toBeLessThan(0);
    expect(after(3, { prioridad: 'CRITICA' })).toBe(minuteMs);
    expect(after(3, { prioridad: 'CRITICA', estado: 'EN_CAMINO' })).toBeLessThan(0);
    expect(after(10_000, { estado: 'COMPLETADO' })).toBe(-Infinity);
  });

  test('by limits that the viewer has set; what is no time stands for the usual one', () => {
    expect(parseLimits(JSON.stringify({ ...usualLimits, PENDIENTE: 0.5 })).PENDIENTE).toBe(0.5);
    for (const text of [null, 'no JSON', 'null', '[]', '{"PENDIENTE":-1,"CRITICA":"soon"}'])
      expect(parseLimits(text)).toEqual(usualLimits);
  });
});

describe('an ambulance arrives', () => {
  const origen = { latitud: 0, longitud: 0.1, direccion: null };
  const onTheWay = boardDispatch('1', { estado: 'EN_CAMINO', origen });
  const minutes = (...reports: Parameters<typeof boardLocation>[]) =>
    estimateArrival(
      onTheWay,
      reports.map((report) => boardLocation(...report)),
    )?.minutes;

  test('after its distance by its speed, which a halt does not change', () => {
    // 11.1 km, 1.3 times as long by road, at 60 km/h.
    expect(minutes([0, 0, 60])).toBe(14);
    expect(minutes([0, 0, 60], [0, 0, 0])).toBe(14);
    expect(minutes([0, 0, 120])).toBe(7);
    expect(minutes([0, 0.0999, 60])).toBe(1);
  });

  test('nowhere, where it drives nowhere or nobody knows where it is', () => {
    expect(minutes()).toBeUndefined();
    expect(estimateArrival(boardDispatch('1', { estado: 'EN_SITIO' }), [boardLocation(0, 0)])).toBeNull();
  });
});
