/** The bytes of GraphQL over Server-Sent Events: a result is the data of a `next` event. */
import type { Framing } from '../framing.ts';

const nextEventHead = 'event: next\ndata: ';

/** The head of a frame: with its id a client comes back who has read it. */
export const nextEventHeadOf = (id: string): string => `id: ${id}\n${nextEventHead}`;

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
