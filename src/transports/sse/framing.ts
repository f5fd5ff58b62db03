/** The bytes of GraphQL over Server-Sent Events: a result is the data of a `next` event. */
import type { Framing } from '../framing.ts';

const nextEventHead = 'event: next\ndata: ';

/** The head of a frame: with its id a client comes back who has read it. */
export const nextEventHeadOf = (id: string): string => `id: ${id}\n${nextEventHead}`;

/** Events whose data is the head of a frame, its payload, and an end. JSON has no line breaks of its own, so it is always one line. */
export function framingWithEnd(end: string): Framing {
  const tail = Buffer.from(`${end}\n\n`);
  return {
    sizeOf: ({ head, payload }) => head.length + payload.length + (head === '' ? 0 : tail.length),
    write(buffer, start, { head, payload }) {
      if (head === '') return start + payload.copy(buffer, start);
      let at = start + buffer.write(head, start, 'latin1');
      at += payload.copy(buffer, at);
      return at + tail.copy(buffer, at);
    },
  };
}

export const eventStreamFraming = framingWithEnd('');

/** Sent while nothing happens, so that proxies do not end the stream. Clients ignore it. */
export const comment = ':\n\n';

/** In place of a cursor: its client has been shown the end, and need not come back. */
export const completedId = 'complete';

/** Has an empty line of data, because a browser's EventSource ignores an event without data. */
export const completeEvent = `event: complete\nid: ${completedId}\ndata:\n\n`;

/** One result. */
export const nextEventOf = (result: unknown): string => `${nextEventHead}${JSON.stringify(result)}\n\n`;

/** A whole stream of one result. */
export const eventStreamOf = (result: unknown): string => `${nextEventOf(result)}${completeEvent}`;

/**
 * The beginning of a stream: after how many milliseconds to connect again, and the cursor to do so with where no event has said
 * one yet. Clients take both without showing anything.
 */
export const beginningEvent = (ms: number, cursor: string | undefined): string =>
  `retry: ${ms}\n${cursor === undefined ? '' : `id: ${cursor}\n`}\n`;
