/** The limits of rates as they are used: scaled, and never less than what other limits allow a client to bring back. */
import type { Settings } from './settings.ts';

interface Limited {
  readonly limits: Pick<
    Settings['limits'],
    'rateLimitScale' | 'subscribesPerMinute' | 'requestsPerMinute' | 'connectsPerMinute'
  >;
  readonly websocket: Pick<Settings['websocket'], 'maxSubscriptionsPerViewer' | 'maxConnectionsPerViewer'>;
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
  /** What a viewer may have, all of which has to be let back. */
  readonly may: { readonly variable: string; readonly setting: number };
}

const maySubscribe = ({ websocket }: Limited) => ({
  variable: 'MAX_SUBSCRIPTIONS_PER_VIEWER',
  setting: websocket.maxSubscriptionsPerViewer,
});
const mayConnect = ({ websocket }: Limited) => ({
  variable: 'MAX_CONNECTIONS_PER_VIEWER',
  setting: websocket.maxConnectionsPerViewer,
});

const subscribes = (settings: Limited): Rate => ({
  variable: 'SUBSCRIBES_PER_MINUTE',
  setting: settings.limits.subscribesPerMinute,
  may: maySubscribe(settings),
});
const requests = (settings: Limited): Rate => ({
  variable: 'REQUESTS_PER_MINUTE',
  setting: settings.limits.requestsPerMinute,
  may: maySubscribe(settings),
});
const connects = (settings: Limited): Rate => ({
  variable: 'CONNECTS_PER_MINUTE',
  setting: settings.limits.connectsPerMinute,
  may: mayConnect(settings),
});

const leastOf = ({ may }: Rate): number => returnsPerMinute * may.setting;

function usedOf(rate: Rate, { limits }: Limited): number | null {
  const scaled = scaledLimit(limits, rate.setting);
  return scaled === null ? null : Math.max(scaled, leastOf(rate));
}

/** Attempts of one viewer to subscribe, in a minute; null when they are not limited. */
export const subscribesPerMinute = (settings: Limited) => usedOf(subscribes(settings), settings);
/** Requests of one viewer or address, in a minute; null when they are not limited. */
export const requestsPerMinute = (settings: Limited) => usedOf(requests(settings), settings);
/** WebSockets that one address may open in a minute; null when they are not limited. */
export const connectsPerMinute = (settings: Limited) => usedOf(connects(settings), settings);

/** What the operator should know of limits that contradict each other. */
export function contradictionsOf(settings: Limited): string[] {
  const { rateLimitScale } = settings.limits;
  return [subscribes, requests, connects].flatMap((rateOf) => {
    const rate = rateOf(settings);
    const scaled = scaledLimit(settings.limits, rate.setting);
    const least = leastOf(rate);
    if (scaled === null || scaled >= least) return [];
    const scale = rateLimitScale === 1 ? '' : ` times RATE_LIMIT_SCALE (${rateLimitScale})`;
    return [
      `${rate.variable} (${rate.setting})${scale} is less than ${least}, ${returnsPerMinute} times ${rate.may.variable}, ` +
        `with which clients that lost their connection would be refused: ${least} is used instead.`,
    ];
  });
}
