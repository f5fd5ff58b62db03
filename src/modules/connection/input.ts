/** Reads what admins give to fields of connections. */
import { parseText, refuseInput } from '../../schema/input.ts';
import { isVisible, oneSpelling } from '../../lib/text/readable-text.ts';
import type { Decision } from './session-end-record.ts';

const [maxIdLength, maxReasonLength] = [128, 500];

/** Any text that the subject of a token can be: spaces are allowed, unlike in ids that this service gives. */
function parseSubject(field: string, given: string): string {
  const id = oneSpelling(given);
  if (id.length > maxIdLength || !isVisible(id) || /\p{Cc}/u.test(id))
    refuseInput(field, `must be 1 to ${maxIdLength} characters without control characters`);
  return id;
}

/** @throws BAD_USER_INPUT */
export function parseDecision(
  { userId, reason }: { readonly userId: string; readonly reason: string },
  actorId: string,
): Decision {
  const why = parseText('reason', reason, maxReasonLength).trim();
  if (!isVisible(why)) refuseInput('reason', 'must say something');
  return { viewerId: parseSubject('userId', userId), actorId, reason: why };
}
