/** Tickets: each opens an event stream, and stands for a token in its address, where a browser can send no header. */
import { randomUUID } from 'node:crypto';
import { ClientError } from '../lib/errors.ts';
import { type Clock, hasCome, shifted, type WallTime } from '../lib/clock.ts';
import type { Token } from './request-token.ts';
import type { TicketKeys } from './ticket-keys.ts';
import type { Viewer } from './viewer.ts';

/** What a ticket says. It is sealed, so that nothing of it can be read from an address in somebody's log. */
export interface StreamTicket {
  /** A UUID of version 4. */
  readonly id: string;
  readonly viewerId: string;
  /** The token that it was given for, and stands for in an address; null where a token is shown beside it. */
  readonly token: Token | null;
  /** The page that it was given to; null for a program that is no browser. */
  readonly page: string | null;
  /** Until when it may open its stream. */
  readonly openUntil: WallTime;
}

export interface StreamTicketsOptions {
  readonly keys: TicketKeys;
  /** Whether a ticket stands for its token. */
  readonly standsForToken: boolean;
  readonly clock: Pick<Clock, 'now'>;
  /** Resolves with whether this id was never claimed before, on any process. Rejects with `Unavailable` when nobody can say. */
  readonly claimOnce: (id: string) => Promise<boolean>;
}

/** From when a ticket is given until it has to be used: an app opens its stream at once. */
const openWithinMs = 60_000;
/** Longer ones make addresses that proxies refuse. */
const maxTokenChars = 4_096;
const maxTicketChars = 8_192;

/**
 * Nothing is kept of a ticket until it is used. Then it is noted in the database that it was, which outlives Redis: a ticket
 * opens one stream. That stream is taken up again with what its own events say, and with nothing else.
 */
export class StreamTickets {
  readonly #options: StreamTicketsOptions;

  constructor(options: StreamTicketsOptions) {
    this.#options = options;
  }

  get standsForToken(): boolean {
    return this.#options.standsForToken;
  }

  /** @throws BAD_REQUEST where the token is too long for an address */
  issue(viewer: Viewer, token: Token, page: string | null): string {
    const { keys, clock, standsForToken } = this.#options;
    if (standsForToken && token.length > maxTokenChars)
      throw new ClientError(
        'BAD_REQUEST',
        `There are tickets for tokens of up to ${maxTokenChars} characters.`,
      );
    const openUntil = shifted(clock.now(), openWithinMs);
    const kept = standsForToken ? token : null;
    return keys.seal(JSON.stringify([randomUUID(), viewer.id, kept, page, openUntil]));
  }

  /**
   * What a ticket says that a page shows.
   *
   * @throws UNAUTHENTICATED when it is none of ours, or was given to another page
   */
  read(text: string, page: string | null): StreamTicket {
    const opened = text.length > maxTicketChars ? null : this.#options.keys.open(text);
    if (opened === null) throw refusal('The ticket is not one of this service, or is not known any more.');
    const [id, viewerId, token, givenTo, openUntil] = JSON.parse(opened) as [
      string,
      string,
      Token | null,
      string | null,
      WallTime,
    ];
    if (givenTo !== page) throw refusal('The ticket was given to another page.');
    return { id, viewerId, token, page, openUntil };
  }

  /**
   * Opens the stream of a ticket, which happens once.
   *
   * @throws UNAUTHENTICATED where it was opened before, or it is too late; `Unavailable` where nobody can say
   */
  async use({ id, openUntil }: StreamTicket): Promise<void> {
    const { clock, claimOnce } = this.#options;
    if (hasCome(openUntil, clock.now())) throw refusal('The ticket was not used in time.');
    if (!(await claimOnce(`stream-ticket:${id}`))) throw refusal('The ticket has opened its stream already.');
  }

  /** What the events of the stream that a ticket has opened for an operation say, and nothing else does. */
  proofOf(ticket: StreamTicket, operation: string): string {
    return this.#options.keys.sign(proven(ticket, operation));
  }

  isProven(ticket: StreamTicket, operation: string, proof: string): boolean {
    return this.#options.keys.verify(proven(ticket, operation), proof);
  }
}

const proven = ({ id }: StreamTicket, operation: string): string => `stream\n${id}\n${operation}`;

export const refusal = (message: string) =>
  new ClientError('UNAUTHENTICATED', `${message} Get a new one.`, { reason: 'TICKET' });
