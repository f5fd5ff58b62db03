/** What is appended of an event that was committed: a request for each of its topics. */
import { aboutSending, sendSpan } from '../../observability/tracing/names.ts';
import type { Span, Tracing } from '../../observability/tracing/tracing.ts';
import type { OutboxRow } from '../database.ts';
import type { RelayRequest } from '../relay.ts';
import { eventIdOf } from './event-id.ts';
import { parseTopics } from './stored-topics.ts';

/** `spans` gets the one that ends when it was appended, where the event is part of a trace. Throws where the row cannot be read. */
export function toRequests(
  { id, at, topics, payload }: OutboxRow,
  tracing: Tracing,
  spans: Span[],
): RelayRequest[] {
  const atMs = Date.parse(at);
  const eventId = eventIdOf({ id, at });
  const keys = parseTopics(topics);
  const data = JSON.parse(payload) as { traceparent?: unknown } | null;
  if (data?.traceparent !== undefined) {
    const about = {
      kind: 'producer',
      parent: data.traceparent,
      attributes: aboutSending(eventId, keys),
    } as const;
    const span = tracing.begin(sendSpan(keys), about);
    if (span) data.traceparent = span.traceparent;
    if (span) spans.push(span);
  }
  return keys.map((topic) => ({ topic, event: { id: eventId, at: atMs, data } }));
}
