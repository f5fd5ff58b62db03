/** The bytes of GraphQL over Server-Sent Events: a result is the data of a `next` event. */
import { framingWithTail, type Framing } from '../framing.ts';
import type { StreamProtocol } from '../http-stream/streamed-response.ts';

const nextEventHead = 'event: next\ndata: ';

/** The head of a frame: with its id a client comes back who has read it. */
export const nextEventHeadOf = (id: string): string => `id: ${id}\n${nextEventHead}`;

/** Events whose data is the head of a frame, its payload, and an end. JSON has no line breaks of its own, so it is always one line. */
export const framingWithEnd = (end: string): Framing => framingWithTail(`${end}\n\n`);

const comment = ':\n\n';

/** `framing`: that of its events. */
export const eventStreamProtocol = (framing: Framing): StreamProtocol => ({
  transport: 'EVENT_STREAM',
  framing,
  heartbeat: comment,
  gaugeOf: ({ eventStreams }) => eventStreams,
  endsWhole: false,
});

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

/** After how long a client connects again, and after twice that at the latest, milliseconds. */
const firstRetryMs = 1_000;

/** The same after a time that is not the same for all. */
export const beginningSoon = (cursor: string | undefined): string =>
  beginningEvent(Math.ceil(firstRetryMs * (1 + Math.random())), cursor);
