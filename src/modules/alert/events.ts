/** Events of alerts: their topic, their shape in the log, and how they are read back. */
import { z } from 'zod';
import type { AlertRow } from '../../db/tables/alerts.ts';
import { newerVersion } from '../../lib/errors.ts';
import { estados, prioridades } from '../../lib/words/statuses.ts';
import type { Topic } from '../../realtime/topics/topic.ts';

export const alertKinds = ['STALE_POSITION', 'OVERDUE', 'UNANSWERED', 'UNDELIVERED', 'BACK_ONLINE'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** What can happen to an alert, and the type that it has in the audit trail. */
export const alertChanges = {
  RAISED: 'alert.raised',
  CLEARED: 'alert.cleared',
  ACKNOWLEDGED: 'alert.acknowledged',
} as const;
export type AlertChange = keyof typeof alertChanges;

const isoDate = z.string();

const alertState = z.object({
  id: z.string(),
  kind: z.enum(alertKinds),
  despachoId: z.string(),
  ambulanciaId: z.string().nullable(),
  assignmentId: z.string().nullable(),
  estado: z.enum(estados),
  prioridad: z.enum(prioridades),
  since: isoDate,
  limitAt: isoDate,
  raisedAt: isoDate,
  clearedAt: isoDate.nullable(),
  acknowledgedAt: isoDate.nullable(),
  acknowledgedBy: z.string().nullable(),
  /** Counts its changes. */
  revision: z.number().int(),
});
/** An alert as it is shown, and as events carry it. */
export type AlertState = Readonly<z.infer<typeof alertState>>;

const alertEvent = z.object({
  change: z.enum(Object.keys(alertChanges) as [AlertChange, ...AlertChange[]]),
  alert: alertState,
});
export type AlertEvent = Readonly<z.infer<typeof alertEvent>>;

/** What its snapshots and events are about: not to be taken for a dispatch, whose subject is its id alone. */
export const subjectOf = ({ id }: Pick<AlertState, 'id'>): string => `alert:${id}`;

export const alertTopic: Topic<AlertEvent> = {
  key: 'alerts',
  kind: {
    name: 'alert',
    parse: (data) => alertEvent.parse(data),
    identify: ({ alert }) => ({ subject: subjectOf(alert), version: alert.revision }),
  },
};

/** Names what is shown of alerts: those of one kind, or all. */
export const alertFilter = (kind: AlertKind | null): string => kind ?? '*';

/** Every filter that shows an event; undefined where it cannot be read. */
export function alertFiltersOf(data: unknown): readonly string[] | undefined {
  const event = alertEvent.safeParse(data).data;
  return event && [alertFilter(null), alertFilter(event.alert.kind)];
}

/** Of an event as it is appended: null where it cannot be read. */
export const readAlertEvent = (data: unknown): AlertEvent | null => alertEvent.safeParse(data).data ?? null;

/** @throws UPSTREAM_UNAVAILABLE, `reason: NEWER_VERSION`, where it is of a kind that this version does not know */
export function toAlert(row: AlertRow): AlertState {
  const read = alertState.safeParse({
    ...{ id: String(row.id), kind: row.kind, estado: row.estado, prioridad: row.prioridad },
    despachoId: String(row.despacho_id),
    ambulanciaId: row.ambulancia_id,
    assignmentId: row.assignment_id === null ? null : String(row.assignment_id),
    ...{ since: row.since, limitAt: row.limit_at, raisedAt: row.raised_at, clearedAt: row.cleared_at },
    ...{ acknowledgedAt: row.acknowledged_at, acknowledgedBy: row.acknowledged_by, revision: row.revision },
  });
  if (!read.success) throw newerVersion(`alert ${row.id}`, read.error);
  return read.data;
}
