/** Owns `@rateLimit`: how often one viewer may use a field, counted in the store that all processes share. */
import type { GraphQLSchema } from 'graphql';
import { rateLimitDirective } from 'graphql-rate-limit-directive';
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Metrics } from '../observability/metrics.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { ViewerContext } from './context.ts';
import { ClientError } from '../lib/errors.ts';

export interface FieldRateLimits {
  readonly rateLimit: RateLimit;
  /** Multiplies every limit of the schema; 0 turns them off. */
  readonly scale: number;
  /** Roles without limits: services that act for many people. */
  readonly exemptRoles: readonly string[];
  readonly metrics: Metrics;
}

export function rateLimited(what: string, retryAfterMs: number): ClientError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return new ClientError('RATE_LIMITED', `${what} was used too often; try again in ${seconds} s.`, {
    retryAfterMs,
  });
}

/** Whose uses are counted together: the viewer's, or those of an address where nobody is known. */
export const rateLimitKey = ({
  viewer,
  address,
}: Partial<Pick<ViewerContext, 'viewer' | 'address'>>): string =>
  viewer ? `viewer ${viewer.id}` : `address ${address}`;

/** Name of the limits of fields in the store; each field is told apart by the key. */
const storeName = 'field';

/**
 * The directive brings limiters of its own; this one asks our store, so that it and subscribe attempts share one. It
 * takes nothing from the limiter in memory but the form: the abstract one is in the package's types only.
 */
function limiterOver(rateLimit: RateLimit, scale: number): typeof RateLimiterAbstract {
  return class StoreLimiter extends RateLimiterMemory {
    override async consume(key: string | number): Promise<RateLimiterRes> {
      const points = Math.max(1, Math.round(this.points * scale));
      const verdict = await rateLimit.consume(storeName, String(key), { points, windowMs: this.msDuration });
      // The directive tells a refusal from a failure by its being no Error.
      return verdict.allowed
        ? new RateLimiterRes(verdict.remaining, 0)
        : Promise.reject(new RateLimiterRes(0, verdict.retryAfterMs));
    }
  };
}

/** The schema with every field that bears `@rateLimit` limited. */
export function applyRateLimits(schema: GraphQLSchema, options: FieldRateLimits): GraphQLSchema {
  const { rateLimit, scale, exemptRoles, metrics } = options;
  const exempt = new Set(exemptRoles);
  return rateLimitDirective<ViewerContext>({
    limiterClass: limiterOver(rateLimit, scale),
    pointsCalculator: (_directive, _source, _args, { viewer }) =>
      scale === 0 || exempt.has(viewer.role) ? 0 : 1,
    keyGenerator: (_directive, _source, _args, context, { parentType, fieldName }) =>
      `${parentType.name}.${fieldName} ${rateLimitKey(context)}`,
    onLimit({ msBeforeNext }, _directive, _source, _args, _context, { parentType, fieldName }) {
      metrics.rateLimited.inc({ limit: `${parentType.name}.${fieldName}` });
      throw rateLimited(fieldName, msBeforeNext);
    },
  }).rateLimitDirectiveTransformer(schema);
}
