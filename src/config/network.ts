/** Variables about the network: where Redis is, which origins may send requests, which proxies are trusted. */
import { isIP } from 'node:net';
import { parseRedisAddress, RedisAddressError, type RedisAddress } from '../lib/addresses/redis-address.ts';
import type { EnvReader } from './env-reader.ts';

/** Null when there is none, or when it is wrong. */
export function readRedisAddress(
  reader: EnvReader,
): { readonly url: string; readonly address: RedisAddress } | null {
  const url = reader.text('REDIS_URL');
  if (url === null) return null;
  try {
    return { url, address: parseRedisAddress(url) };
  } catch (error) {
    if (!(error instanceof RedisAddressError)) throw error;
    reader.refuse('REDIS_URL', error.message, error.allowed);
    return null;
  }
}

export function readCorsOrigins(reader: EnvReader, isProduction: boolean): '*' | readonly string[] {
  const items = reader.list('CORS_ORIGIN');
  if (items === null) return isProduction ? [] : '*';
  if (items.length === 1 && items[0] === '*') return '*';
  return readOrigins(reader, 'CORS_ORIGIN', items, '*, none, or https://host:port, comma-separated');
}

/** Those of the service itself, as its clients see it. None when unset. */
export const readPublicOrigins = (reader: EnvReader): readonly string[] =>
  readOrigins(
    reader,
    'PUBLIC_ORIGINS',
    reader.list('PUBLIC_ORIGINS') ?? [],
    'none, or https://host:port, comma-separated',
  );

function readOrigins(
  reader: EnvReader,
  name: string,
  items: readonly string[],
  allowed: string,
): readonly string[] {
  const origins = items.map(readOrigin);
  const valid = origins.filter((origin) => origin !== null);
  if (valid.length < origins.length) reader.refuse(name, 'has an item that is no origin', allowed);
  return valid;
}

/**
 * The addresses to which subscriptions by HTTP callback may be sent, as `http://host:port` or, where only what lies below a
 * path is meant, `http://host:port/path`. None when unset.
 */
export function readCallbackAddresses(reader: EnvReader): readonly string[] {
  const addresses = (reader.list('CALLBACK_ORIGINS') ?? []).map(readCallbackAddress);
  const valid = addresses.filter((address) => address !== null);
  if (valid.length < addresses.length)
    reader.refuse(
      'CALLBACK_ORIGINS',
      'has an item that is no origin',
      'none, or http://host:port, with a path where only that is meant, comma-separated',
    );
  return valid;
}

function readCallbackAddress(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || hasAmbiguousPath(url)) return null;
  const { pathname } = url;
  url.pathname = '/';
  const origin = readOrigin(url.href);
  return origin && `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** Whether a server may take the path for another one: some decode what stands for a slash or a dot before they look at it. */
export function hasAmbiguousPath({ pathname }: URL): boolean {
  return /%(2f|5c|2e|25|00)|\/\/|;/i.test(pathname);
}

/** An origin in the form in which URLs are compared; null when the text is no origin. */
function readOrigin(text: string): string | null {
  const url = URL.parse(text);
  const isOrigin =
    url?.host &&
    !url.host.includes('*') &&
    url.pathname.length <= 1 &&
    !url.search &&
    !url.hash &&
    !url.username;
  return isOrigin ? `${url.protocol}//${url.host}` : null;
}

export function readTrustProxy(reader: EnvReader): boolean | number | readonly string[] {
  const allowed = 'off, on, the number of proxies in front, or their addresses (10.0.0.0/8), comma-separated';
  const items = reader.list('TRUST_PROXY') ?? [];
  const [first = 'off'] = items;
  if (items.length <= 1 && ['off', 'false', '0'].includes(first)) return false;
  if (items.length === 1 && ['on', 'true'].includes(first)) return true;
  if (items.length === 1 && /^\d{1,2}$/.test(first)) return Number(first);
  if (items.every(isNetwork)) return items;
  reader.refuse('TRUST_PROXY', 'is none of these', allowed);
  return false;
}

/** Where gateways connect from. None when unset. */
export function readGatewayNetworks(reader: EnvReader): readonly string[] {
  const items = reader.list('GATEWAY_NETWORKS') ?? [];
  if (items.every(isNetwork)) return items;
  reader.refuse(
    'GATEWAY_NETWORKS',
    'has an item that is no network',
    'none, or addresses and networks (10.0.0.0/8), comma-separated',
  );
  return [];
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
