/** Why there is an alert, or will be one: worked out of what is known of a dispatch, and of nothing else. */
import type { AlertRow } from '../../db/tables/alerts.ts';
import type { AssignmentRow } from '../../db/tables/assignments.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { DispatchStatus, Prioridad } from '../../generated/resolvers.ts';
import type { AlertKind } from './events.ts';
import type { AlertLimits } from './limits.ts';

/** What is known of a dispatch. */
export interface Facts {
  readonly estado: DispatchStatus;
  readonly prioridad: Prioridad;
  readonly ambulanciaId: string | null;
  /** Since when it has this status, ISO 8601 in UTC. */
  readonly since: string;
  /** The newest one; undefined where there was none. */
  readonly assignment: AssignmentRow | undefined;
  /** When its newest position was measured; null where none came in, undefined where nobody has looked. */
  readonly lastPositionAt?: string | null | undefined;
  /** Whether the assignment may be at a client of the crew; undefined where nobody has looked. */
  readonly mayBeDelivered?: boolean | undefined;
}

/** Something that is an alert from a date on. */
export interface Reason {
  readonly kind: Exclude<AlertKind, 'BACK_ONLINE'>;
  readonly assignmentId: number | null;
  /** From when on the limit counts, and when it is reached. */
  readonly since: string;
  readonly limitAt: string;
  /** False where what nobody has looked at may make it none. It is then reached at this date at the earliest. */
  readonly isSure: boolean;
}

/** Where positions are expected. */
const onTheWay: ReadonlySet<DispatchStatus> = new Set(['EN_CAMINO', 'TRASLADANDO']);

/** At most one of a kind. */
export function reasonsOf(facts: Facts, limits: AlertLimits): Reason[] {
  const { estado, prioridad } = facts;
  return [
    ...after(limits.overdueMs[estado][prioridad], facts.since, { kind: 'OVERDUE' }),
    ...(onTheWay.has(estado) ? stale(facts, limits.stalePositionMs[prioridad]) : []),
    ...(estado === 'ASIGNADO' ? ofAssignment(facts, limits) : []),
  ];
}

function stale({ since, lastPositionAt }: Facts, limitMs: number | null): Reason[] {
  const isSure = lastPositionAt !== undefined;
  const last = lastPositionAt != null && lastPositionAt > since ? lastPositionAt : since;
  return after(limitMs, last, { kind: 'STALE_POSITION', isSure });
}

function ofAssignment(
  { assignment, ambulanciaId, prioridad, mayBeDelivered }: Facts,
  limits: AlertLimits,
): Reason[] {
  // What a process of the release before this one has given to another ambulance is nobody's.
  if (assignment?.ended_at !== null || assignment.ambulancia_id !== ambulanciaId) return [];
  const { id: assignmentId, answer, assigned_at: since, deadline } = assignment;
  if (answer !== 'PENDING' && answer !== 'EXPIRED') return [];
  const isProven = assignment.seen_at !== null || assignment.delivered_at !== null || mayBeDelivered === true;
  const isSure = mayBeDelivered !== undefined;
  return [
    ...(deadline === null || !limits.answersExpected
      ? []
      : [{ kind: 'UNANSWERED' as const, assignmentId, since, limitAt: deadline, isSure: true }]),
    ...(isProven
      ? []
      : after(limits.undeliveredMs[prioridad], since, { kind: 'UNDELIVERED', assignmentId, isSure })),
  ];
}

const after = (
  limitMs: number | null,
  since: string,
  { assignmentId = null, isSure = true, kind }: Pick<Reason, 'kind'> & Partial<Reason>,
): Reason[] =>
  limitMs === null
    ? []
    : [{ kind, assignmentId, since, limitAt: storedDate(Date.parse(since) + limitMs), isSure }];

/** Whether it is what this alert was raised for, and lasts, or is not known to have ended. */
export function isReasonOf(reason: Reason, alert: AlertRow, now: string): boolean {
  if (reason.kind !== alert.kind || reason.assignmentId !== alert.assignment_id) return false;
  if (!reason.isSure) return reason.since <= alert.since;
  // Late positions, which are old by the time that they come in, change nothing.
  const isOfIt = reason.kind === 'STALE_POSITION' || reason.since === alert.since;
  return isOfIt && reason.limitAt <= now;
}
