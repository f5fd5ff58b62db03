/** Variables about the services of the users, MS Despacho and MS Auth: where they are, and how long they may take. */
import { minuteMs, secondMs } from '../lib/clock.ts';
import { urlWithoutSecrets, type EnvReader } from './env-reader.ts';

const maxInFlightRule = { fallback: 32, min: 1, max: 1_000 };
const timeoutRule = { fallback: 3 * secondMs, min: 50, max: minuteMs };

/** Each is null where its URL is not set. */
export function readUpstreams(reader: EnvReader) {
  return { despacho: readDespacho(reader), auth: readAuthService(reader) };
}

function readDespacho(reader: EnvReader) {
  const url = readServiceUrl(reader, 'MS_DESPACHO_URL', '/api/v1');
  const settings = {
    /** How long a read may take. */
    timeoutMs: reader.integer('MS_DESPACHO_TIMEOUT_MS', timeoutRule),
    /** How long a change may take. It is longer because MS Despacho itself waits for two other services. */
    writeTimeoutMs: reader.integer('MS_DESPACHO_WRITE_TIMEOUT_MS', {
      fallback: 20 * secondMs,
      min: 50,
      max: 5 * minuteMs,
    }),
    /** The longest pause between two searches for changes that were made elsewhere. */
    pollMs: reader.integer('MS_DESPACHO_POLL_MS', { fallback: 2 * secondMs, min: 50, max: 10 * minuteMs }),
    maxInFlight: reader.integer('MS_DESPACHO_MAX_IN_FLIGHT', maxInFlightRule),
  };
  return url === null ? null : { url, ...settings };
}

function readAuthService(reader: EnvReader) {
  const url = readServiceUrl(reader, 'MS_AUTH_URL', '/graphql');
  const settings = {
    timeoutMs: reader.integer('MS_AUTH_TIMEOUT_MS', timeoutRule),
    maxInFlight: reader.integer('MS_AUTH_MAX_IN_FLIGHT', maxInFlightRule),
    /** How long a token counts as valid after the service has confirmed it. */
    cacheMs: reader.integer('MS_AUTH_CACHE_MS', { fallback: 5 * minuteMs, min: 50, max: 5 * minuteMs }),
    /** The role of a viewer of whom the service knows the id alone. Null: they may do nothing. */
    fallbackRole:
      reader.matching('MS_AUTH_FALLBACK_ROLE', /^[\w-]{1,64}$/, 'the name of a role')?.toLowerCase() ?? null,
  };
  return url === null ? null : { url, ...settings };
}

/** Adds `path` to a URL that has none. */
function readServiceUrl(reader: EnvReader, name: string, path: string): string | null {
  const url = reader.url(name, ['http:', 'https:']);
  if (!url) return null;
  if (url.username || url.password) {
    reader.refuse(name, 'holds a user or a password', 'a URL without them');
    return null;
  }
  return url.pathname === '/' ? `${url.origin}${path}` : urlWithoutSecrets(url).replace(/\/$/, '');
}
