/** How rate limits are read from the configuration. */

/** A limit as it is configured to be; null when rate limits are turned off. */
export function scaledLimit(
  { rateLimitScale }: { readonly rateLimitScale: number },
  limit: number,
): number | null {
  return rateLimitScale === 0 ? null : Math.max(1, Math.round(limit * rateLimitScale));
}
