/** Says in words how an assignment stands: what the crew answered, whether it has reached them, and what follows if they say nothing. */
import type { KnownDelivery } from '../data/deliveries.ts';
import type { Assignment, Dispatch } from '../data/dispatch.ts';
import { formatSpan, formatTime } from '../state/times.ts';
import { words } from '../words/words.ts';

/** In a row of the list; null where there is nothing to be said. */
export function shortAnswer({ estado, assignment }: Dispatch): string | null {
  if (!assignment) return null;
  const { answer, ambulancia } = assignment;
  if (estado === 'PENDIENTE') return answer === 'DECLINED' ? words.declinedBy(ambulancia.id) : null;
  return estado === 'ASIGNADO' ? words.answer[answer] : null;
}

/** `nowMs`: by the clock of the service. */
export function describeAssignment(
  assignment: Assignment,
  delivery: KnownDelivery | null,
  nowMs: number,
): string {
  const { answer, answeredAt, reason, endedAt, seenAt, level, ambulancia } = assignment;
  const said = answer === 'DECLINED' ? words.declinedBy(ambulancia.id) : words.answer[answer];
  const isOpen = endedAt === null;
  const parts = [
    answeredAt === null ? said : `${said} ${formatTime(answeredAt)}`,
    reason,
    isOpen ? deliveryOf(delivery) : null,
    isOpen && seenAt !== null ? words.seenByCrew(formatTime(seenAt)) : null,
    isOpen ? (words.levels[level] ?? null) : null,
    isOpen ? dueOf(assignment, nowMs) : null,
  ];
  return parts.filter(Boolean).join(' · ');
}

function deliveryOf(delivery: KnownDelivery | null): string | null {
  if (!delivery) return null;
  const said = words.delivery[delivery.state];
  return delivery.deliveredAt === null ? said : `${said} ${formatTime(delivery.deliveredAt)}`;
}

/** When the first answer is due, or the next one is told of it. */
function dueOf({ answer, deadline, nextLevelAt }: Assignment, nowMs: number): string | null {
  if (answer === 'ACCEPTED') return null;
  const dueAt = answer === 'PENDING' ? deadline : nextLevelAt;
  if (dueAt === null) return null;
  const leftMs = Date.parse(dueAt) - nowMs;
  // A moment later somebody has been told.
  if (leftMs < 0) return null;
  const span = formatSpan(leftMs);
  return answer === 'PENDING' ? words.answerDue(span) : words.nextTold(span);
}
