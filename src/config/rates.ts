/** The limits of rates as they are used: scaled, and never less than what other limits allow a client to bring back. */
import type { Settings } from './settings.ts';

interface Limited {
  readonly limits: Pick<Settings['limits'], 'rateLimitScale' | 'subscribesPerMinute' | 'requestsPerMinute'>;
  readonly websocket: Pick<Settings['websocket'], 'maxSubscriptionsPerViewer'>;
}

/** A limit of a rate, multiplied by `RATE_LIMIT_SCALE`; null when rate limits are turned off. */
export function scaledLimit(
  { rateLimitScale }: { readonly rateLimitScale: number },
  limit: number,
): number | null {
  return rateLimitScale === 0 ? null : Math.max(1, Math.round(limit * rateLimitScale));
}

/**
 * Whoever lost their connection brings all their streams back, and may lose it again: a limit that is smaller would refuse
 * what another limit allows, again and again.
 */
const returnsPerMinute = 2;

interface Rate {
  readonly variable: string;
  /** What it is called in the settings. */
  readonly setting: number;
  /** The least that lets everything come back that MAX_SUBSCRIPTIONS_PER_VIEWER allows. */
  readonly least: number;
}

const subscribes = ({ limits, websocket }: Limited): Rate => ({
  variable: 'SUBSCRIBES_PER_MINUTE',
  setting: limits.subscribesPerMinute,
  least: returnsPerMinute * websocket.maxSubscriptionsPerViewer,
});

const requests = ({ limits, websocket }: Limited): Rate => ({
  variable: 'REQUESTS_PER_MINUTE',
  setting: limits.requestsPerMinute,
  least: returnsPerMinute * websocket.maxSubscriptionsPerViewer,
});

function usedOf({ setting, least }: Rate, limits: { readonly rateLimitScale: number }): number | null {
  const scaled = scaledLimit(limits, setting);
  return scaled === null ? null : Math.max(scaled, least);
}

/** Attempts of one viewer to subscribe, in a minute; null when they are not limited. */
export const subscribesPerMinute = (settings: Limited) => usedOf(subscribes(settings), settings.limits);
/** Requests of one viewer or address, in a minute; null when they are not limited. */
export const requestsPerMinute = (settings: Limited) => usedOf(requests(settings), settings.limits);

/** What the operator should know of limits that contradict each other. */
export function contradictionsOf(settings: Limited): string[] {
  const { rateLimitScale } = settings.limits;
  return [subscribes, requests].flatMap((rateOf) => {
    const rate = rateOf(settings);
    const scaled = scaledLimit(settings.limits, rate.setting);
    if (scaled === null || scaled >= rate.least) return [];
    const scale = rateLimitScale === 1 ? '' : ` times RATE_LIMIT_SCALE (${rateLimitScale})`;
    return [
      `${rate.variable} (${rate.setting})${scale} is less than ${rate.least}, ${returnsPerMinute} times MAX_SUBSCRIPTIONS_PER_VIEWER, ` +
        `with which clients that lost their connection would be refused: ${rate.least} is used instead.`,
    ];
  });
}
