/** Owns which web pages of other origins may call this service from a browser. */
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { requestIdHeader } from './request-id.ts';

const allowedHeaders = [
  'content-type',
  'authorization',
  'accept',
  requestIdHeader,
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'apollographql-client-name',
  'apollographql-client-version',
];

/** How long a browser may remember the answer to a preflight request. */
const preflightSeconds = 600;

/** `origins`: exact origins, or `*` for every one. */
export async function addCors(server: FastifyInstance, origins: '*' | readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: origins === '*' ? '*' : [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders,
    exposedHeaders: [requestIdHeader, 'retry-after'],
    maxAge: preflightSeconds,
    // An OPTIONS request without an origin is no preflight; it gets the answer of any unknown path.
    strictPreflight: false,
    credentials: false,
  });
}
