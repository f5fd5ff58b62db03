/**
 * The bytes of GraphQL subscriptions as multipart/mixed (Apollo's "multipart protocol for GraphQL subscriptions", version 1.0): a
 * result is the payload of a part. The boundary stands behind each part, since a reader waits for it.
 */
import type { GraphQLFormattedError } from 'graphql';
import { framingWithTail } from '../framing.ts';
import type { StreamProtocol } from '../http-stream/streamed-response.ts';

/** Clients of Apollo ask for this one, and some take no other. */
const boundary = 'graphql';
const line = '\r\n';
const delimiter = `${line}--${boundary}`;
const partHead = `${line}content-type: application/json${line}${line}`;

export const multipartType = `multipart/mixed;boundary="${boundary}";subscriptionSpec=1.0`;

/** What stands before the result of a frame, in Latin-1. */
export const payloadHead = `${partHead}{"payload":`;

const partOf = (content: unknown): string => `${partHead}${JSON.stringify(content)}${delimiter}`;

/** Before the first part. */
export const beginning = delimiter;

/** Behind the delimiter of the last part. */
const end = `--${line}`;

export const multipartProtocol: StreamProtocol = {
  transport: 'MULTIPART',
  framing: framingWithTail(`}${delimiter}`),
  heartbeat: partOf({}),
  gaugeOf: ({ multipartStreams }) => multipartStreams,
  endsWhole: true,
};

/** The last part of a stream that cannot go on, and is no result of its operation: clients take it for an error of the transport. */
export const endingOf = (error: GraphQLFormattedError): string =>
  `${partOf({ payload: null, errors: [error] })}${end}`;

/** A whole body with one result. */
export const bodyOf = (result: unknown): string => `${beginning}${partOf({ payload: result })}${end}`;
