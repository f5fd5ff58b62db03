/** Reads the limits of operations and of their rates. */
import { oneSpelling } from '../lib/text/readable-text.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import type { EnvReader } from './env-reader.ts';

export function readLimits(reader: EnvReader) {
  return {
    maxDepth: reader.integer('MAX_DEPTH', { fallback: 12, min: 1, max: 100 }),
    maxAliases: reader.integer('MAX_ALIASES', { fallback: 30, min: 0, max: 10_000 }),
    maxTokens: reader.integer('MAX_TOKENS', { fallback: 2_000, min: 10, max: 1_000_000 }),
    maxDirectives: reader.integer('MAX_DIRECTIVES', { fallback: 50, min: 0, max: 10_000 }),
    /** Fields and fragments of one operation, counted once for each place where a fragment is used. */
    maxNodes: reader.integer('MAX_NODES', { fallback: 2_000, min: 10, max: 100_000 }),
    /** Cost of one query or mutation, by `@cost` and `@listSize` in the SDL. */
    maxCost: reader.integer('MAX_COST', { fallback: 20_000, min: 1, max: 100_000_000 }),
    /** Cost of one event of a subscription. */
    maxEventCost: reader.integer('MAX_EVENT_COST', { fallback: 1_000, min: 1, max: 10_000_000 }),
    /** References in `_entities` of one operation. */
    maxReferences: reader.integer('MAX_REFERENCES', { fallback: 5_000, min: 1, max: 100_000 }),
    /** Length of one result. */
    maxResultBytes: reader.integer('MAX_RESULT_BYTES', {
      fallback: 8 * mebibyte,
      min: 1_024,
      max: 1_024 * mebibyte,
    }),
    /** What may wait for the readers of one viewer, over all their connections. */
    maxUnreadBytesPerViewer: reader.integer('MAX_UNREAD_BYTES_PER_VIEWER', {
      fallback: 32 * mebibyte,
      min: 65_536,
      max: 16_384 * mebibyte,
    }),
    /** What may wait for all readers together. */
    maxUnreadBytes: reader.integer('MAX_UNREAD_BYTES', {
      fallback: 256 * mebibyte,
      min: 65_536,
      max: 16_384 * mebibyte,
    }),
    /** Memory of the operations that one viewer brought and that are open: what viewers have in common counts once. */
    maxOpenOperationBytesPerViewer: reader.integer('MAX_OPEN_OPERATION_BYTES_PER_VIEWER', {
      fallback: 16 * mebibyte,
      min: 65_536,
      max: 16_384 * mebibyte,
    }),
    /** The same of all viewers together. */
    maxOpenOperationBytes: reader.integer('MAX_OPEN_OPERATION_BYTES', {
      fallback: 128 * mebibyte,
      min: 65_536,
      max: 16_384 * mebibyte,
    }),
    /** Dispatches that one viewer may follow: their stream reads all of them. */
    maxFollowsPerViewer: reader.integer('MAX_FOLLOWS_PER_VIEWER', { fallback: 1_000, min: 1, max: 100_000 }),
    /** The largest value of a list's argument `limit`. */
    maxPageSize: reader.integer('MAX_PAGE_SIZE', { fallback: 500, min: 1, max: 10_000 }),
    /** Multiplies every rate limit; 0 turns them off. */
    rateLimitScale: reader.decimal('RATE_LIMIT_SCALE', { fallback: 1, min: 0, max: 10_000 }),
    rateLimitExemptRoles: (reader.list('RATE_LIMIT_EXEMPT_ROLES') ?? ['system']).map((role) =>
      oneSpelling(role.toLowerCase()),
    ),
    /** Requests of all kinds of one viewer, or of one address where no viewer is known. Each process counts for itself. */
    requestsPerMinute: reader.integer('REQUESTS_PER_MINUTE', {
      fallback: 120_000,
      min: 1,
      max: 100_000_000,
    }),
    /** Cost of all queries and mutations of one viewer, or of one address where no viewer is known. Each process counts for itself. */
    costPerMinute: reader.integer('COST_PER_MINUTE', {
      fallback: 2_000_000,
      min: 1,
      max: 1_000_000_000,
    }),
    /** Attempts of one viewer to subscribe. */
    subscribesPerMinute: reader.integer('SUBSCRIBES_PER_MINUTE', {
      fallback: 10_000,
      min: 1,
      max: 10_000_000,
    }),
    /** Tokens that MS Auth refuses, per address: whoever shows more is turned away before it is asked. */
    refusedTokensPerMinute: reader.integer('REFUSED_TOKENS_PER_MINUTE', {
      fallback: 60,
      min: 1,
      max: 1_000_000,
    }),
    /** WebSocket connections from one address. */
    connectsPerMinute: reader.integer('CONNECTS_PER_MINUTE', { fallback: 600, min: 1, max: 10_000_000 }),
  };
}
