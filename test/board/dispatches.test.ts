/** Proves that the board shows each version once and in order, and counts versions that it missed. */
import { expect, test } from '@jest/globals';
import type { Dispatch } from '../../src/board/data/dispatch.ts';
import { Dispatches, fadeMs } from '../../src/board/data/dispatches.ts';

const dispatch = (id: string, version: number, estado: Dispatch['estado'] = 'ASIGNADO'): Dispatch => ({
  ...{ id, version, estado, prioridad: 'ALTA', incidente: 'OTRO', observaciones: null },
  origen: { latitud: -16.5, longitud: -68.15, direccion: null },
  ...{ destino: null, ambulancia: null, assignment: null, fechaAsignacion: null, fechaLlegada: null },
  fechaActualizacion: `2026-11-24T11:0${id}:00.000Z`,
  fechaSolicitud: `2026-11-24T10:0${id}:00.000Z`,
});
const changed = (...args: Parameters<typeof dispatch>) =>
  ({ changeType: 'STATUS_CHANGED', dispatch: dispatch(...args) }) as const;

test('a version that comes by list and by stream is shown once, whichever came first', () => {
  const dispatches = new Dispatches();
  dispatches.take(dispatch('1', 2));
  expect(dispatches.apply(changed('1', 2), 0)).toBe(false);
  expect(dispatches.apply(changed('1', 3), 0)).toBe(true);
  dispatches.take(dispatch('1', 2));
  expect(dispatches.get('1')?.version).toBe(3);
  expect(dispatches.tally).toEqual({ updates: 1, repeated: 1, missed: 0, snapshots: 0 });
});

test('a version that never came is counted, unless a snapshot replaces it', () => {
  const dispatches = new Dispatches();
  dispatches.take(dispatch('1', 1));
  dispatches.take(dispatch('2', 1));
  dispatches.apply(changed('1', 4), 0);
  dispatches.apply({ changeType: 'SNAPSHOT', dispatch: dispatch('2', 4) }, 0);
  expect(dispatches.tally).toEqual({ updates: 2, repeated: 0, missed: 2, snapshots: 1 });
});

test('the newest request comes first, and an ended dispatch keeps its place until it is removed', () => {
  const dispatches = new Dispatches();
  for (const id of ['1', '3', '2']) dispatches.take(dispatch(id, 1));
  dispatches.apply(changed('2', 2, 'COMPLETADO'), 1_000);
  const ids = () => dispatches.list().map(({ id }) => id);
  expect(ids()).toEqual(['3', '2', '1']);
  expect(dispatches.active().map(({ id }) => id)).toEqual(['3', '1']);
  expect(dispatches.forgetEnded(1_000 + fadeMs - 1, null)).toBe(false);
  expect(dispatches.forgetEnded(1_000 + fadeMs, '2')).toBe(false);
  expect(ids()).toEqual(['3', '2', '1']);
  expect(dispatches.forgetEnded(1_000 + fadeMs, null)).toBe(true);
  expect(ids()).toEqual(['3', '1']);
});
