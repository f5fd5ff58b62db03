/** Finds out who sends a request before its body is read, since that decides how much of it is read. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authentication } from '../auth/authentication.ts';
import { readAuthorization } from '../auth/request-token.ts';
import type { StreamTicket, StreamTickets } from '../auth/stream-tickets.ts';
import type { Viewer } from '../auth/viewer.ts';
import { withinRemoteSpan, type Tracing } from '../observability/tracing/tracing.ts';
import { acceptsEventsAlone } from './accepted-types.ts';
import type { AddressOf } from './connections/client-address.ts';
import { pageOf, ticketInAddress } from './tickets/ticket-request.ts';

/**
 * `ticket`: by which the viewer is known, if not by a token. `refusal` says why there is no viewer; `showsToken`: whether the
 * request had anything to show at all.
 */
export type Identity =
  | { readonly viewer: Viewer; readonly ticket: StreamTicket | null }
  | { readonly viewer: null; readonly refusal: unknown; readonly showsToken: boolean };

declare module 'fastify' {
  interface FastifyRequest {
    /** Null before it was found. */
    identity: Identity | null;
  }
}

export interface IdentitiesOptions {
  readonly authentication: Pick<Authentication, 'ofRequest'>;
  readonly addressOf: AddressOf;
  /** Null where none are given. */
  readonly tickets: Pick<StreamTickets, 'read' | 'standsForToken'> | null;
  readonly tracing: Tracing;
}

export class Identities {
  readonly #options: IdentitiesOptions;

  /** Requests of this server remember who sends them. */
  constructor(server: FastifyInstance, options: IdentitiesOptions) {
    server.decorateRequest('identity', null);
    this.#options = options;
  }

  /**
   * To be done once, when only the headers of a request have come. Returns a promise where it takes time.
   *
   * @throws BAD_REQUEST when it has several Authorization headers
   */
  find(request: FastifyRequest): Promise<void> | undefined {
    const { authentication, addressOf, tracing } = this.#options;
    const authorization = readAuthorization(request.raw);
    const shownTicket = authorization === undefined ? this.#shownTicket(request) : null;
    const refuse = (refusal: unknown) => {
      const showsToken = Boolean(authorization ?? shownTicket);
      request.identity = { viewer: null, refusal, showsToken };
    };
    try {
      const ticket = shownTicket === null ? null : this.#options.tickets!.read(shownTicket, pageOf(request));
      const shown = ticket?.token ? `Bearer ${ticket.token}` : authorization;
      const ask = () => authentication.ofRequest(shown, addressOf(request.raw));
      // Whoever issues tokens may be asked, before the span of the operation begins.
      const viewer = withinRemoteSpan(tracing, request.headers['traceparent'], ask);
      if (viewer instanceof Promise)
        return viewer.then((found) => void (request.identity = { viewer: found, ticket }), refuse);
      request.identity = { viewer, ticket };
    } catch (refusal) {
      refuse(refusal);
    }
    return undefined;
  }

  /** A ticket opens an event stream, and says of nothing else who asks. */
  #shownTicket(request: FastifyRequest): string | null {
    if (!this.#options.tickets?.standsForToken || request.method !== 'GET' || !acceptsEventsAlone(request))
      return null;
    return ticketInAddress(request);
  }
}
