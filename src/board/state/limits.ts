/** The times after which a dispatch is overdue in its status. The viewer sets them, and their browser remembers them. */
import { activeEstados, hasEnded, type ActiveEstado, type Dispatch } from '../data/dispatch.ts';

/** Of a critical one that nobody serves yet. */
const criticalLimit = 'CRITICA';
export const limitNames = [...activeEstados, criticalLimit] as const;
export type LimitName = (typeof limitNames)[number];
/** Minutes. */
export type Limits = Readonly<Record<LimitName, number>>;

export const usualLimits: Limits = {
  PENDIENTE: 5,
  ASIGNADO: 3,
  EN_CAMINO: 15,
  EN_SITIO: 30,
  TRASLADANDO: 45,
  CRITICA: 2,
};

const key = 'board-limits';
const minuteMs = 60_000;
const maxMinutes = 24 * 60;

/** A time that is no time stands for the usual one. */
export function parseLimits(text: string | null): Limits {
  let given: unknown;
  try {
    given = JSON.parse(text ?? '{}');
  } catch {
    // Another page of this origin wrote it.
    given = {};
  }
  const of = (name: LimitName) => {
    const minutes = Number((given as Partial<Record<LimitName, unknown>> | null)?.[name]);
    return minutes > 0 && minutes <= maxMinutes ? minutes : usualLimits[name];
  };
  return Object.fromEntries(limitNames.map((name) => [name, of(name)])) as Record<LimitName, number>;
}

export const readLimits = (): Limits => parseLimits(localStorage.getItem(key));
export const writeLimits = (limits: Limits): void => localStorage.setItem(key, JSON.stringify(limits));

/** By how much it is overdue, milliseconds; below 0: not yet. `sinceMs` and `nowMs` are by the clock of the service. */
export function overdueMs(dispatch: Dispatch, limits: Limits, sinceMs: number, nowMs: number): number {
  const { estado, prioridad } = dispatch;
  if (hasEnded(estado)) return -Infinity;
  const isCritical = estado === 'PENDIENTE' && prioridad === 'CRITICA';
  return nowMs - sinceMs - limits[isCritical ? criticalLimit : (estado as ActiveEstado)] * minuteMs;
}
