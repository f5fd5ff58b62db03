/** The state of an assignment: as it is shown, as events carry it, and as it is read from its row. */
import { z } from 'zod';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import { newerVersion } from '../../../lib/errors.ts';

const answers = ['PENDING', 'ACCEPTED', 'DECLINED', 'EXPIRED'] as const;
export type Answer = (typeof answers)[number];

export const isKnownAnswer = (word: string): boolean => (answers as readonly string[]).includes(word);

export const isoDate = z.string();

export const assignmentState = z.object({
  id: z.string(),
  despachoId: z.string(),
  ambulancia: z.object({ id: z.string(), placa: z.string().nullable() }),
  assignedBy: z.string().nullable(),
  assignedAt: isoDate,
  seenAt: isoDate.nullable(),
  answer: z.enum(answers),
  answeredAt: isoDate.nullable(),
  answeredBy: z.string().nullable(),
  reason: z.string().nullable(),
  deadline: isoDate.nullable(),
  level: z.number().int(),
  nextLevelAt: isoDate.nullable(),
  endedAt: isoDate.nullable(),
  revision: z.number().int(),
});
/** An ambulance was sent to a dispatch, and what has become of that. */
export type AssignmentState = Readonly<z.infer<typeof assignmentState>>;

/** @throws UPSTREAM_UNAVAILABLE, `reason: NEWER_VERSION`, where it has an answer that this version does not know */
export function toAssignment(row: AssignmentRow): AssignmentState {
  const answer = answers.find((word) => word === row.answer);
  if (!answer)
    throw newerVersion(`assignment ${row.id}`, new Error(`Its answer is ${JSON.stringify(row.answer)}.`));
  return {
    id: String(row.id),
    despachoId: String(row.despacho_id),
    ambulancia: { id: row.ambulancia_id, placa: row.ambulancia_placa },
    assignedBy: row.assigned_by,
    assignedAt: row.assigned_at,
    seenAt: row.seen_at,
    answer,
    answeredAt: row.answered_at,
    answeredBy: row.answered_by,
    reason: row.reason,
    deadline: row.deadline,
    level: row.level,
    nextLevelAt: row.due_at,
    endedAt: row.ended_at,
    revision: row.revision,
  };
}
