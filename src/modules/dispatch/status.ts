/** The status machine of dispatches: which status may follow which. */
import { ClientError } from '../../lib/errors.ts';
import type { Estado } from '../../lib/words/statuses.ts';

const next: Readonly<Record<Estado, readonly Estado[]>> = {
  PENDIENTE: ['ASIGNADO', 'CANCELADO'],
  ASIGNADO: ['EN_CAMINO', 'CANCELADO'],
  EN_CAMINO: ['EN_SITIO', 'CANCELADO'],
  EN_SITIO: ['TRASLADANDO', 'COMPLETADO', 'CANCELADO'],
  TRASLADANDO: ['COMPLETADO', 'CANCELADO'],
  COMPLETADO: [],
  CANCELADO: [],
};

export const allowedNext = (estado: Estado): Estado[] => [...next[estado]];

/** Throws INVALID_TRANSITION, with what is allowed, unless `to` may follow `from`. */
export function assertTransition(from: Estado, to: Estado): void {
  if (next[from].includes(to)) return;
  throw invalidTransition(from, `A dispatch that is ${from} cannot become ${to}`);
}

/** Throws INVALID_TRANSITION, with what is allowed, unless an ambulance may be assigned to a dispatch that is `from`. */
export function assertAssignable(from: Estado): void {
  if (from === 'PENDIENTE' || from === 'ASIGNADO') return;
  throw invalidTransition(from, `A dispatch that is ${from} cannot be assigned an ambulance`);
}

/** With what is allowed. */
export function invalidTransition(from: Estado, problem: string): ClientError {
  const allowed = allowedNext(from);
  const advice = allowed.length > 0 ? `it may become ${allowed.join(' or ')}` : 'it has ended';
  return new ClientError('INVALID_TRANSITION', `${problem}: ${advice}.`, { allowed });
}
