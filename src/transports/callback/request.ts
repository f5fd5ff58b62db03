/** What a router asks for when it wants a subscription by HTTP callback, and which addresses may be called back. */
import type { FastifyRequest } from 'fastify';
import { acceptedTypes } from '../../http/accepted-types.ts';
import type { Config } from '../../config/config.ts';
import { hasAmbiguousPath } from '../../config/network.ts';
import { ClientError } from '../../lib/errors.ts';
import type { OperationRequest } from '../../operations/request.ts';

/** Where and how the events of one subscription are to be sent. */
export interface CallbackRequest {
  readonly url: URL;
  /** The router's name for the subscription. */
  readonly id: string;
  /** Proves to the router that a message is an answer to its request. */
  readonly verifier: string;
  /** Whose subscription it is. */
  readonly viewerId: string;
  /** The longest time between two `check` messages, milliseconds; 0 for none. */
  readonly heartbeatIntervalMs: number;
}

const maxTextBytes = 2_048;
/** It is kept, and a part of every message, as long as its subscription lasts. */
const maxIdBytes = 128;
const maxHeartbeatMs = 24 * 60 * 60_000;

/** Whether a request is to be answered by callback. */
export function asksForCallback(extensions: OperationRequest['extensions']): boolean {
  return typeof extensions?.['subscription'] === 'object' && extensions['subscription'] !== null;
}

/** Whether the router may be one of those that read nothing of an answer but its status: they accept nothing else. */
export function looksAtStatusAlone({ headers: { accept = '' }, method, body }: FastifyRequest): boolean {
  if (method !== 'POST' || acceptedTypes(accept).length > 1 || !/callbackspec/i.test(accept)) return false;
  return asksForCallback((body as Pick<OperationRequest, 'extensions'> | null | undefined)?.extensions);
}

/**
 * Reads `extensions.subscription`.
 *
 * @throws BAD_REQUEST when it is not of this form, FORBIDDEN when its URL is not of one of `allowedAddresses`
 */
export function parseCallbackRequest(
  extensions: OperationRequest['extensions'],
  viewerId: string,
  { allowedAddresses, minHeartbeatMs }: Pick<Config['callbacks'], 'allowedAddresses' | 'minHeartbeatMs'>,
): CallbackRequest {
  const source = extensions?.['subscription'] as Readonly<Record<string, unknown>>;
  const id = parseText(source, 'subscriptionId', maxIdBytes);
  const verifier = parseText(source, 'verifier', maxTextBytes);
  const url = URL.parse(parseText(source, 'callbackUrl', maxTextBytes));
  if (!url || url.username || url.password)
    throw badRequest('callbackUrl must be a URL without credentials.');
  const heartbeatIntervalMs = parseHeartbeat(source, minHeartbeatMs);
  // Whoever may subscribe would otherwise make this service send requests to wherever it can reach.
  if (!isAllowed(url, allowedAddresses))
    throw new ClientError(
      'FORBIDDEN',
      `This service does not call back to ${url.origin}${url.pathname}: see CALLBACK_ORIGINS.`,
    );
  return { url, id, verifier, viewerId, heartbeatIntervalMs };
}

/** Whether this service may call back to a URL. */
export const isAllowed = (url: URL, allowedAddresses: readonly string[]): boolean =>
  allowedAddresses.some((allowed) => isBelow(url, allowed));

/** Whether a URL is at an allowed origin, or at an allowed path or below it: /callback/7 is below /callback, /callbacks is not. */
function isBelow(url: URL, allowed: string): boolean {
  if (url.origin === allowed) return true;
  const address = `${url.origin}${url.pathname}`;
  return !hasAmbiguousPath(url) && (address === allowed || address.startsWith(`${allowed}/`));
}

/** One that is too short is refused rather than made longer: a router ends what it does not hear of in time. */
function parseHeartbeat(source: Readonly<Record<string, unknown>>, minMs: number): number {
  const { heartbeatIntervalMs = 0 } = source;
  if (!Number.isInteger(heartbeatIntervalMs) || !(0 <= Number(heartbeatIntervalMs)))
    throw badRequest('heartbeatIntervalMs must be a whole number of milliseconds, or 0.');
  if (heartbeatIntervalMs !== 0 && Number(heartbeatIntervalMs) < minMs)
    throw badRequest(
      `heartbeatIntervalMs must be at least ${minMs}, or 0 for none: see CALLBACK_MIN_HEARTBEAT_MS.`,
    );
  return Math.min(Number(heartbeatIntervalMs), maxHeartbeatMs);
}

function parseText(source: Readonly<Record<string, unknown>>, name: string, maxBytes: number): string {
  const value = source[name];
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maxBytes)
    throw badRequest(`extensions.subscription.${name} must be a text of up to ${maxBytes} bytes.`);
  return value;
}

function badRequest(message: string): ClientError {
  return new ClientError('BAD_REQUEST', message);
}
