/** After how long something is an alert. */
import type { DispatchStatus, Prioridad } from '../../generated/resolvers.ts';

/** Milliseconds by the priority of the dispatch; null where that is no alert. */
export type LimitsByPriority = Readonly<Record<Prioridad, number | null>>;

export interface AlertLimits {
  /** Without a position, on the way. */
  readonly stalePositionMs: LimitsByPriority;
  /** Assigned, and at no client of the crew. */
  readonly undeliveredMs: LimitsByPriority;
  /** In one status. */
  readonly overdueMs: Readonly<Record<DispatchStatus, LimitsByPriority>>;
  /** Whether assignments have deadlines, which are kept with them (`ASSIGNMENT_ANSWER_MS`). */
  readonly answersExpected: boolean;
}

const never: LimitsByPriority = { BAJA: null, MEDIA: null, ALTA: null, CRITICA: null };

/** Nothing is an alert. */
export const noLimits: AlertLimits = {
  ...{ stalePositionMs: never, undeliveredMs: never, answersExpected: false },
  overdueMs: {
    ...{ PENDIENTE: never, ASIGNADO: never, EN_CAMINO: never, EN_SITIO: never },
    ...{ TRASLADANDO: never, COMPLETADO: never, CANCELADO: never },
  },
};

/** Whether anything at all is an alert. */
export function hasLimits({
  stalePositionMs,
  undeliveredMs,
  overdueMs,
  answersExpected,
}: AlertLimits): boolean {
  const all = [stalePositionMs, undeliveredMs, ...Object.values(overdueMs)];
  return answersExpected || all.some((limits) => Object.values(limits).some((ms) => ms !== null));
}
