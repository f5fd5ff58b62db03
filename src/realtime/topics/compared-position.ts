/** Where an event stands among the others, as clients compare it. */
import { base36 } from '../../lib/text/base36.ts';
import type { TopicEvent } from './topic.ts';

/** Digits of base 36: for dates up to the year 5188, and for more offsets than a number counts. */
const beganDigits = 9;
const offsetDigits = 11;

const digits = (value: number, length: number) => base36(value).padStart(length, '0');

/** A text of one width for all positions of all logs of a topic: of two the larger one is the later, also where the log was lost in between. */
export const streamPosition = (began: number, offset: number): string =>
  `${digits(began, beganDigits)}-${digits(offset, offsetDigits)}`;

/** What of the topic a source shows: see `SubscriptionSource.filter`. */
export type Filter = string | null | undefined;

/** The position of the event before this one that the same filter shows, that of the log's beginning if there is none; null where nobody knows. */
export function followsOf(
  { began, offset, before }: Pick<TopicEvent<unknown>, 'began' | 'offset' | 'before'>,
  filter: Filter,
): string | null {
  if (filter === null) return null;
  const previous = filter === undefined ? offset - 1 : before?.[filter];
  return previous === undefined ? null : streamPosition(began, previous);
}
