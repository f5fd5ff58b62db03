/** Bounds how many operations one viewer begins in a minute over transports that stay open. */
import type { Viewer } from '../../auth/viewer.ts';
import { ClientError } from '../../lib/errors.ts';
import type { RateLimit } from '../../stores/rate-limit/rate-limit.ts';
import type { Attempt, Caller } from '../request.ts';

export interface OperationRateOptions {
  readonly rateLimit: RateLimit;
  /** Operations of one viewer; null when they are not limited. */
  readonly perMinute: number | null;
  /** Roles that are not limited: services that act for many people. */
  readonly exemptRoles: readonly string[];
  readonly onLimited: () => void;
}

export class OperationRate {
  readonly #options: OperationRateOptions;

  constructor(options: OperationRateOptions) {
    this.#options = options;
  }

  /**
   * Counts an operation, once. Undefined where there is nothing to count: most operations are asked for over plain HTTP. Rejects with
   * RATE_LIMITED.
   */
  count({ viewer, quota, attempt }: Caller): Promise<void> | undefined {
    const { perMinute, exemptRoles } = this.#options;
    if (quota === null || viewer === null || perMinute === null) return undefined;
    if (exemptRoles.includes(viewer.role) || attempt.isRateCounted || attempt.isReturn) return undefined;
    return this.#count(viewer, attempt, perMinute);
  }

  async #count(viewer: Viewer, attempt: Attempt, perMinute: number): Promise<void> {
    const { rateLimit, onLimited } = this.#options;
    const rule = { points: perMinute, windowMs: 60_000 };
    const verdict = await rateLimit.consume('subscribe', viewer.id, rule);
    attempt.isRateCounted = verdict.allowed;
    if (verdict.allowed) return;
    onLimited();
    const { retryAfterMs } = verdict;
    throw new ClientError('RATE_LIMITED', 'Too many operations; try again later.', { retryAfterMs });
  }
}
