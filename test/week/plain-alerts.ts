/** Works out from the audit trail alone which alerts there must have been, by loops that share nothing with what raises them. */
import type { AuditEntry } from '../../src/modules/dispatch/audit-trail.ts';
import type { AlertLimits } from '../../src/modules/alert/limits.ts';

export interface PlainAlert {
  readonly despachoId: string;
  readonly kind: string;
  readonly since: string;
  readonly limitAt: string;
  readonly clearedAt: string | null;
}

export interface ExplainedAlert extends PlainAlert {
  /** Why it must be there, in the words of the data. */
  readonly why: string;
}

type Prioridad = 'BAJA' | 'MEDIA' | 'ALTA' | 'CRITICA';

interface Assignment {
  readonly id: string;
  readonly assignedAt: string;
  readonly deadline: string | null;
  readonly answer: string;
  readonly endedAt: string | null;
}

interface Change {
  readonly at: string;
  readonly estado: keyof AlertLimits['overdueMs'];
  readonly prioridad: Prioridad;
  readonly assignment: Assignment | null;
}

/** Times in ISO 8601 sort as texts. */
const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
const minutes = (from: string, to: string): string =>
  `${((Date.parse(to) - Date.parse(from)) / 60_000).toFixed(1)} min`;

export interface PlainFacts {
  readonly limits: AlertLimits;
  /** When each assignment was acknowledged. */
  readonly receipts: ReadonlyMap<string, number | null>;
  /** Where the trail ends. */
  readonly endedAt: string;
}

/** Of the entries of one dispatch, the oldest first. */
export function plainAlerts(entries: readonly AuditEntry[], facts: PlainFacts): ExplainedAlert[] {
  const changes = entries.filter(({ type }) => type.startsWith('dispatch.')).map(readChange);
  const positions = entries
    .filter(({ type }) => type === 'location.reported')
    .map(({ timestamp }) => timestamp);
  const despachoId = entries[0]!.despachoId!;
  return [
    ...ofStatuses(changes, facts),
    ...ofPositions(changes, positions, facts),
    ...ofAssignments(changes, facts),
  ].map((alert) => ({ despachoId, ...alert }));
}

type Found = Omit<ExplainedAlert, 'despachoId'>;

function readChange({ data, timestamp: at }: AuditEntry): Change {
  const { estado, prioridad, assignment = null } = (data as { dispatch: Omit<Change, 'at'> }).dispatch;
  return { at, estado, prioridad, assignment };
}

interface Stretch extends Pick<Change, 'estado' | 'prioridad'> {
  readonly from: string;
  /** Null where it has not ended. */
  readonly to: string | null;
}

/** How long the dispatch had each status. */
function stretchesOf(changes: readonly Change[]): Stretch[] {
  const starts = changes.filter(({ estado }, index) => index === 0 || changes[index - 1]!.estado !== estado);
  return starts.map(({ at, estado, prioridad }, index) => ({
    ...{ estado, prioridad, from: at, to: starts[index + 1]?.at ?? null },
  }));
}

function ofStatuses(changes: readonly Change[], { limits, endedAt }: PlainFacts): Found[] {
  return stretchesOf(changes).flatMap(({ estado, prioridad, from, to }) => {
    const limitMs = limits.overdueMs[estado][prioridad];
    const limitAt = limitMs === null ? null : later(from, limitMs);
    if (limitAt === null || (to ?? endedAt) <= limitAt) return [];
    const why = `${estado} for ${minutes(from, to ?? endedAt)}, ${prioridad} may for ${minutes(from, limitAt)}`;
    return [{ kind: 'OVERDUE', since: from, limitAt, clearedAt: to, why }];
  });
}

const onTheWay = ['EN_CAMINO', 'TRASLADANDO'];

function ofPositions(
  changes: readonly Change[],
  positions: readonly string[],
  { limits, endedAt }: PlainFacts,
): Found[] {
  const ways = stretchesOf(changes).filter(({ estado }) => onTheWay.includes(estado));
  return ways.flatMap(({ estado, prioridad, from, to }) => {
    const limitMs = limits.stalePositionMs[prioridad];
    if (limitMs === null) return [];
    const seen = positions.filter((at) => at > from && at <= (to ?? endedAt));
    const ends = [...seen, to];
    return [from, ...seen].flatMap((since, index): Found[] => {
      const clearedAt = ends[index] ?? null;
      const limitAt = later(since, limitMs);
      if ((clearedAt ?? endedAt) <= limitAt) return [];
      const why = `${estado} without a position for ${minutes(since, clearedAt ?? endedAt)}`;
      const stale = { kind: 'STALE_POSITION', since, limitAt, clearedAt, why };
      const isBack = index < seen.length;
      return isBack
        ? [
            stale,
            { kind: 'BACK_ONLINE', since, limitAt: clearedAt!, clearedAt, why: `${why}, and then with one` },
          ]
        : [stale];
    });
  });
}

function ofAssignments(changes: readonly Change[], { limits, receipts, endedAt }: PlainFacts): Found[] {
  const ids = new Set(changes.flatMap(({ assignment }) => assignment?.id ?? []));
  return [...ids].flatMap((id) => {
    const first = changes.find(({ assignment }) => assignment?.id === id)!;
    const { assignedAt: since, deadline } = first.assignment!;
    const isOver = ({ estado, assignment }: Change) =>
      estado !== 'ASIGNADO' ||
      assignment?.id !== id ||
      assignment.endedAt !== null ||
      assignment.answer === 'ACCEPTED' ||
      assignment.answer === 'DECLINED';
    const over = changes.slice(changes.indexOf(first)).find(isOver)?.at ?? null;
    const found = (kind: string, limitAt: string | null, what: string): Found[] =>
      limitAt === null || (over ?? endedAt) <= limitAt
        ? []
        : [{ kind, since, limitAt, clearedAt: over, why: `${what} for ${minutes(since, over ?? endedAt)}` }];
    const deliveredAt = receipts.get(id) ?? null;
    const undeliveredMs = limits.undeliveredMs[first.prioridad];
    const limitAt = undeliveredMs === null ? null : later(since, undeliveredMs);
    const isDelivered =
      deliveredAt !== null && limitAt !== null && new Date(deliveredAt).toISOString() <= limitAt;
    return [
      ...found('UNANSWERED', deadline, 'no answer'),
      ...(isDelivered ? [] : found('UNDELIVERED', limitAt, 'no acknowledgement')),
    ];
  });
}
