/** Owns the bytes of GraphQL over Server-Sent Events: `next` events around results, and everything else as it is. */
import type { Framing } from '../framing.ts';

/** The head of a frame. */
export const nextEventHead = 'event: next\ndata: ';
const tail = Buffer.from('\n\n');

/** JSON has no line breaks of its own, so a result is always one line of data. */
export const eventStreamFraming: Framing = {
  sizeOf: ({ head, payload }) => head.length + payload.length + (head === '' ? 0 : tail.length),
  write(buffer, start, { head, payload }) {
    if (head === '') return start + payload.copy(buffer, start);
    let at = start + buffer.write(head, start, 'latin1');
    at += payload.copy(buffer, at);
    return at + tail.copy(buffer, at);
  },
};

/** Sent while nothing happens, so that proxies don't take the stream for dead. Clients pass over it. */
export const comment = ':\n\n';

/** With an empty line of data, without which a browser's EventSource would not tell of it. */
export const completeEvent = 'event: complete\ndata:\n\n';

/** A whole stream of one result. */
export function eventStreamOf(result: unknown): string {
  return `event: next\ndata: ${JSON.stringify(result)}\n\n${completeEvent}`;
}
