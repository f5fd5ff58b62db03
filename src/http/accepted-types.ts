/** Which media types a request accepts, and what follows from that for the status of a refusal. */
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export const jsonType = 'application/json';
export const responseType = 'application/graphql-response+json';
export const eventStreamType = 'text/event-stream';

/** Longer headers are read anew each time: what clients and routers send is much shorter. */
const maxKnownLength = 256;
const known = new LRUCache<string, readonly string[]>({ max: 100, memoMethod: readTypes });

/** The media types, without their parameters, the most preferred first. */
export function acceptedTypes(accept = ''): readonly string[] {
  return accept.length > maxKnownLength ? readTypes(accept) : known.memo(accept);
}

function readTypes(accept: string): readonly string[] {
  return new Negotiator({ headers: { accept } }).mediaTypes().map((type) => type.toLowerCase());
}

/** Whether parts of multipart/mixed are accepted for the results of a subscription. (Those of `@defer` are another kind.) */
export function acceptsPartsOfSubscriptions(accept = ''): boolean {
  return accept.split(',').some((type) => /^\s*multipart\/mixed\s*;.*\bsubscriptionSpec\s*=/i.test(type));
}

const answers: readonly string[] = [jsonType, responseType, eventStreamType, '*/*', 'application/*'];

/** The first one of those in which this service answers; JSON where none is named. */
export function preferredType({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const type = acceptedTypes(headers.accept).find((accepted) => answers.includes(accepted));
  return type === responseType || type === eventStreamType ? type : jsonType;
}

/**
 * Whether a request asks for event streams and nothing else, as browsers' EventSource and graphql-sse do. Others, such as
 * routers, hand on to their clients what comes through a stream, and no status.
 */
export function acceptsEventsAlone({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const types = acceptedTypes(headers.accept);
  return types.length === 1 && types[0] === eventStreamType;
}
