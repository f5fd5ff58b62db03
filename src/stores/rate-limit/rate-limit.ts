/** Owns the port of rate limiting: how often a key may do something within a fixed window. */

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
 * Fixed windows, counted per (name, key). On a shared store the count is the cluster's; while that store can't be
 * reached, this process counts for itself. Never rejects.
 */
export interface RateLimit {
  consume(name: string, key: string, rule: RateLimitRule): Promise<RateLimitVerdict>;
  close(): Promise<void>;
}
