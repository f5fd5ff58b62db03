/** Reads what admins give to fields of connections. */
import type { QueryLiveSubscriptionsArgs } from '../../generated/resolvers.ts';
import { parseLimit, parseOptionalText, parseText, refuseInput } from '../../schema/input.ts';
import type { LiveFilter } from '../../stores/peers/messages.ts';
import { isVisible, oneSpelling } from '../../lib/text/readable-text.ts';
import type { Decision } from './session-end-record.ts';

const [maxIdLength, maxReasonLength, maxNameLength] = [128, 500, 256];

/** Any text that the subject of a token can be: spaces are allowed, unlike in ids that this service gives. */
function parseSubject(field: string, given: string): string {
  const id = oneSpelling(given);
  if (id.length > maxIdLength || !isVisible(id) || /\p{Cc}/u.test(id))
    refuseInput(field, `must be 1 to ${maxIdLength} characters without control characters`);
  return id;
}

/** What all processes are asked for. @throws BAD_USER_INPUT */
export function parseLiveFilter(
  { userId, operationName, limit }: Partial<QueryLiveSubscriptionsArgs>,
  maxPageSize: number,
): LiveFilter {
  return {
    userId: userId == null ? null : parseSubject('userId', userId),
    operationName: parseOptionalText('operationName', operationName, maxNameLength),
    limit: parseLimit(limit, { fallback: 100, max: maxPageSize }),
  };
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
