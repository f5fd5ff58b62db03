/** Which media types a request accepts, and what follows from that for the status of a refusal. */
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export const jsonType = 'application/json';
export const responseType = 'application/graphql-response+json';
export const eventStreamType = 'text/event-stream';

/** What a header says. */
interface Accepted {
  /** The media types, without their parameters, the most preferred first. */
  readonly types: readonly string[];
  /** The header `content-type` of an answer that is no stream; null where neither type of one is accepted. */
  readonly answer: string | null;
}

/** Longer headers are read anew each time: what clients and routers send is much shorter. */
const maxKnownLength = 256;
const known = new LRUCache<string, Accepted>({ max: 100, memoMethod: read });
const recall = (accept: string): Accepted =>
  accept.length > maxKnownLength ? read(accept) : known.memo(accept);

/** The media types, without their parameters, the most preferred first. */
export const acceptedTypes = (accept = ''): readonly string[] => recall(accept).types;

/** The header `content-type` of an answer that is no stream; null where neither type of one is accepted. */
export const answerType = ({ headers }: Pick<FastifyRequest, 'headers'>): string | null =>
  recall(headers.accept ?? '').answer;

function read(accept: string): Accepted {
  const negotiator = new Negotiator({ headers: { accept } });
  const types = negotiator.mediaTypes().map((type) => type.toLowerCase());
  const isNamed = types[0] === jsonType || types[0] === responseType;
  if (accept === '' || isNamed) return { types, answer: contentType(isNamed ? types[0]! : jsonType) };
  return { types, answer: negotiator.mediaType([jsonType, responseType].map(contentType)) ?? null };
}

export const contentType = (type: string): string => `${type}; charset=utf-8`;

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
