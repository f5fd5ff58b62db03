/** Owns the bytes of GraphQL over Server-Sent Events: `next` events around results, and everything else as it is. */
import type { Framing } from './framing.ts';

const head = Buffer.from('event: next\ndata: ');
const tail = Buffer.from('\n\n');

/** JSON has no line breaks of its own, so a result is always one line of data. */
export const eventStreamFraming: Framing = {
  bytesOf: ({ id, payload }) => (id === '' ? 0 : head.length + tail.length) + payload.length,
  sizeOf: (message) => eventStreamFraming.bytesOf(message),
  write(buffer, start, { id, payload }) {
    if (id === '') return start + payload.copy(buffer, start);
    let at = start + head.copy(buffer, start);
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
