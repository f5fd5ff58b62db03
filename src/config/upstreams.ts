/** Owns the variables about the users' own services: where they are, and how long they are waited for. */
import { urlWithoutSecrets, type EnvReader } from './env-reader.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const maxInFlightRule = { fallback: 32, min: 1, max: 1_000 };
const timeoutRule = { fallback: 3 * secondMs, min: 50, max: minuteMs };

export type UpstreamSettings = ReturnType<typeof readUpstreams>;

/** Each is null where its URL is not set. */
export function readUpstreams(reader: EnvReader) {
  return { despacho: readDespacho(reader), auth: readAuthService(reader) };
}

function readDespacho(reader: EnvReader) {
  const url = readServiceUrl(reader, 'MS_DESPACHO_URL', '/api/v1');
  const settings = {
    /** How long a read may take. */
    timeoutMs: reader.integer('MS_DESPACHO_TIMEOUT_MS', timeoutRule),
    /** How long a change may take: MS Despacho may wait for two other services before it answers. */
    writeTimeoutMs: reader.integer('MS_DESPACHO_WRITE_TIMEOUT_MS', {
      fallback: 20 * secondMs,
      min: 50,
      max: 5 * minuteMs,
    }),
    /** The longest time between two looks for changes made elsewhere. */
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
    /** How long a token that was found good is taken for good. */
    cacheMs: reader.integer('MS_AUTH_CACHE_MS', { fallback: 5 * minuteMs, min: 50, max: 5 * minuteMs }),
    /** What a viewer may do of whom the service can say no more than its id; null: nothing. */
    fallbackRole: reader.matching('MS_AUTH_FALLBACK_ROLE', /^[\w-]{1,64}$/, 'the name of a role'),
  };
  return url === null ? null : { url, ...settings };
}

/** `path` is added to a URL that names none. */
function readServiceUrl(reader: EnvReader, name: string, path: string): string | null {
  const url = reader.url(name, ['http:', 'https:']);
  if (!url) return null;
  if (url.username || url.password) {
    reader.refuse(name, 'holds a user or a password', 'a URL without them');
    return null;
  }
  return url.pathname === '/' ? `${url.origin}${path}` : urlWithoutSecrets(url).replace(/\/$/, '');
}
