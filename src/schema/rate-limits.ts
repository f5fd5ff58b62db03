/** Applies `@rateLimit`: how often one viewer may use a field, counted in the store that all processes share. */
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
  /** Roles without limits: those of services, which act for many people. */
  readonly exemptRoles: readonly string[];
  readonly metrics: Metrics;
}

export function rateLimited(what: string, retryAfterMs: number): ClientError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return new ClientError('RATE_LIMITED', `${what} was used too often; try again in ${seconds} s.`, {
    retryAfterMs,
  });
}

/** Uses with an equal key are counted together: those of a viewer, or of an address where no viewer is known. */
const rateLimitKey = ({ viewer, address }: Partial<Pick<ViewerContext, 'viewer' | 'address'>>): string =>
  viewer ? `viewer ${viewer.id}` : `address ${address}`;

/** The name of these limits in the store. The key contains the field. */
const storeName = 'field';

/**
 * A limiter for the directive that counts in our store, as other limits do. It extends the limiter in memory only because
 * the abstract class, which it should extend, exists in the types of the package but not in its code.
 */
function limiterOver(rateLimit: RateLimit, scale: number): typeof RateLimiterAbstract {
  return class StoreLimiter extends RateLimiterMemory {
    override async consume(key: string | number): Promise<RateLimiterRes> {
      const points = Math.max(1, Math.round(this.points * scale));
      const verdict = await rateLimit.consume(storeName, String(key), { points, windowMs: this.msDuration });
      // The directive takes a rejection for a refusal when it is no Error, and for a failure when it is one.
      return verdict.allowed
        ? new RateLimiterRes(verdict.remaining, 0)
        : Promise.reject(new RateLimiterRes(0, verdict.retryAfterMs));
    }
  };
}

/** Returns the schema with a limit on every field that has `@rateLimit`. */
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
