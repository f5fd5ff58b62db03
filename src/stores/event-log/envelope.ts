/** The text in which an event comes over the channel of its topic, and what it says. */
import type { LoggedEvent, NewEvent } from './event-log.ts';

/** An event as its channel carries it. */
export interface Envelope {
  readonly epoch: string;
  readonly event: LoggedEvent;
}

/** Reads a message as the append script publishes it; undefined when it is something else. */
export function readEnvelope(text: unknown): Envelope | undefined {
  const message = typeof text === 'string' ? parseJson(text) : undefined;
  if (typeof message !== 'object' || message === null) return undefined;
  const { epoch, offset, event, before } = message as {
    readonly epoch?: unknown;
    readonly offset?: unknown;
    readonly event?: unknown;
    readonly before?: LoggedEvent['before'];
  };
  if (typeof epoch !== 'string' || typeof offset !== 'number') return undefined;
  if (typeof event !== 'object' || event === null) return undefined;
  return { epoch, event: loggedEvent(event as NewEvent, offset, before) };
}

export const loggedEvent = (
  { id, at, data }: NewEvent,
  offset: number,
  before: LoggedEvent['before'] | undefined,
): LoggedEvent => ({ id, at, data, offset, ...(before && { before }) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It is no event then, as any other text that is none.
    return undefined;
  }
}
