/** The port of rate limits: how often something may be done for one key in a window of time. */

export interface RateLimitRule {
  /** Uses allowed within one window. */
  readonly points: number;
  /** Length of the window in milliseconds. */
  readonly windowMs: number;
}

export type RateLimitVerdict =
  | { readonly allowed: true; readonly remaining: number }
  /** `retryAfterMs`: milliseconds until the window ends. */
  | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Counts uses in fixed windows, for each pair of name and key. In a shared store all processes count together; while the
 * store cannot be reached, each counts for itself. Never rejects.
 */
export interface RateLimit {
  consume(name: string, key: string, rule: RateLimitRule): Promise<RateLimitVerdict>;
  close(): Promise<void>;
}
