/** All environment variables, with their defaults and bounds, and their places in the configuration. */
import { describeServers, type RedisAddress } from '../lib/addresses/redis-address.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../lib/clock.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import { readAuthorities } from './authorities.ts';
import { readCallbacks } from './callbacks.ts';
import { readCursorSecrets } from './cursors.ts';
import { readDocuments, readGatewaySecrets } from './documents/trusted-documents.ts';
import { readLimits } from './limits.ts';
import { readRecord } from './record.ts';
import { readUpstreams } from './upstreams.ts';
import { readHttp } from './http.ts';
import { readRedisAddress } from './network.ts';
import type { EnvReader } from './env-reader.ts';
import { readWatch } from './watch/watch.ts';
import { Secret } from './secret.ts';
import { readTelemetry } from './telemetry/open-telemetry.ts';
import { refuseWeak } from './secret-strength.ts';

/** Signs and verifies tokens outside production where nothing else is configured. Everybody can know it. */
const developmentSecret = 'the-development-secret-of-the-dispatch-subgraph-known-to-everybody';

export type Settings = ReturnType<typeof readSettings>;

/** Reads every variable, whatever the others are, so that all problems are reported and all names are known. */
export function readSettings(reader: EnvReader) {
  const environment = reader.choice('NODE_ENV', ['development', 'test', 'production'], 'development');
  const isProduction = environment === 'production';
  const redis = readRedisAddress(reader);
  const record = readRecord(reader);
  const { auth, ...jwtSecrets } = readAuth(reader, isProduction);
  return {
    environment,
    isProduction,
    http: readHttp(reader, isProduction),
    websocket: readWebsocket(reader),
    callbacks: readCallbacks(reader),
    limits: readLimits(reader),
    documents: readDocuments(reader),
    telemetry: readTelemetry(reader),
    auth,
    /** `implied`: a token whose own list of permissions names none of those for messages has them all the same. */
    messagePermissions: reader.choice('MESSAGE_PERMISSIONS', ['implied', 'explicit'], 'implied'),
    stores: readStores(reader, redis),
    record,
    upstreams: readUpstreams(reader),
    realtime: readRealtime(reader),
    watch: readWatch(reader, record.receipts),
    shutdown: {
      /** When this is over the process ends, even if it is not done. */
      deadlineMs: reader.integer('SHUTDOWN_DEADLINE_MS', { fallback: 25 * secondMs, min: 100, max: hourMs }),
      /** Sockets are closed in waves over this time, so that their clients do not all come back at once. */
      drainMs: reader.integer('SHUTDOWN_DRAIN_MS', { fallback: 5 * secondMs, min: 0, max: hourMs }),
    },
    log: {
      level: reader.choice(
        'LOG_LEVEL',
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'info',
      ),
    },
    secrets: {
      /** Null where no token is verified with a secret. `jwtSecretPrevious` still verifies, and signs nothing. */
      ...jwtSecrets,
      /** Who shows it is told which dependency is not ready; null: nobody is told at the public port. */
      healthDetailsToken: readSecret(reader, 'HEALTH_DETAILS_TOKEN'),
      /** A gateway that shows one of them may have any operation run. Empty where none may. */
      gatewaySecrets: readGatewaySecrets(reader, isProduction),
      /** What cursors are signed with: the first one signs, each verifies. Empty where the database keeps a secret for it. */
      cursorSecrets: readCursorSecrets(reader, {
        isProduction,
        isShared: record.kind === 'postgres' || redis === null,
      }),
    },
  };
}

function readWebsocket(reader: EnvReader) {
  return {
    maxFrameBytes: reader.integer('MAX_FRAME_BYTES', { fallback: 65_536, min: 1_024, max: 16 * mebibyte }),
    /** How long a client may take to send `connection_init`. */
    connectionInitTimeoutMs: reader.integer('CONNECTION_INIT_TIMEOUT_MS', {
      fallback: 10 * secondMs,
      min: 50,
      max: 10 * minuteMs,
    }),
    /** Between two pings. A client that has not answered a ping when the next one is due is gone. */
    keepAliveMs: reader.integer('KEEP_ALIVE_MS', { fallback: 15 * secondMs, min: 50, max: 10 * minuteMs }),
    maxSubscriptionsPerSocket: reader.integer('MAX_SUBSCRIPTIONS_PER_SOCKET', {
      fallback: 1_000,
      min: 1,
      max: 100_000,
    }),
    maxSubscriptionsPerViewer: reader.integer('MAX_SUBSCRIPTIONS_PER_VIEWER', {
      fallback: 5_000,
      min: 1,
      max: 1_000_000,
    }),
    maxConnectionsPerViewer: reader.integer('MAX_CONNECTIONS_PER_VIEWER', {
      fallback: 100,
      min: 1,
      max: 100_000,
    }),
  };
}

const noSecrets = { jwtSecret: null, jwtSecretPrevious: null };

function readAuth(reader: EnvReader, isProduction: boolean) {
  const secret = reader.text('JWT_SECRET');
  const jwksUrl = reader.url('JWKS_URL', ['http:', 'https:']);
  const issuer = reader.text('JWT_ISSUER');
  const audience = reader.text('JWT_AUDIENCE');
  const neither = secret === null && reader.text('JWKS_URL') === null;
  const hasService = reader.text('MS_AUTH_URL') !== null;
  if (neither && isProduction && !hasService)
    reader.refuse(
      'JWT_SECRET',
      'and JWKS_URL are both unset',
      'one of them or MS_AUTH_URL in production, to verify tokens with',
    );
  if (secret !== null && jwksUrl) reader.refuse('JWKS_URL', 'stands beside JWT_SECRET', 'one of the two');
  if (jwksUrl && (jwksUrl.username || jwksUrl.password))
    reader.refuse('JWKS_URL', 'holds a user or a password', 'a URL without them: a key set is public');
  const previous = reader.text('JWT_SECRET_PREVIOUS');
  if (previous !== null && secret === null)
    reader.refuse('JWT_SECRET_PREVIOUS', 'stands without JWT_SECRET', 'the secret before that one');
  if (isProduction) refuseWeak(reader, { JWT_SECRET: secret, JWT_SECRET_PREVIOUS: previous });
  const expected = {
    issuer,
    audience,
    /** Whether a token must say when it ends. */
    requiresExpiry: reader.choice('JWT_REQUIRE_EXP', ['on', 'off'], isProduction ? 'on' : 'off') === 'on',
  };
  if (jwksUrl) return { auth: { kind: 'jwks' as const, jwksUrl: jwksUrl.href, ...expected }, ...noSecrets };
  // All tokens are then issued by MS Auth.
  if (neither && isProduction) return { auth: { kind: 'none' as const, ...expected }, ...noSecrets };
  const usesDevelopmentSecret = secret === null || secret === developmentSecret;
  return {
    auth: { kind: 'secret' as const, usesDevelopmentSecret, ...expected },
    jwtSecret: new Secret(secret ?? developmentSecret),
    jwtSecretPrevious: previous === null ? null : new Secret(previous),
  };
}

function readSecret(reader: EnvReader, name: string): Secret | null {
  const value = reader.text(name);
  return value === null ? null : new Secret(value);
}

function readStores(
  reader: EnvReader,
  redis: { readonly url: string; readonly address: RedisAddress } | null,
) {
  const prefix = reader.matching('REDIS_PREFIX', /^[\w:.-]{1,64}$/, 'up to 64 letters, digits and _ : . -');
  const sentinelPassword = readSecret(reader, 'REDIS_SENTINEL_PASSWORD');
  return {
    ...(redis
      ? {
          kind: 'redis' as const,
          /** With its credentials. */
          redisUrl: new Secret(redis.url),
          redisSentinelPassword: sentinelPassword,
        }
      : { kind: 'memory' as const }),
    /** The server, the nodes of a cluster, or the Sentinels, without credentials. */
    redisNodes: redis ? describeServers(redis.address) : [],
    /** Certificates of the authorities that a Redis with TLS is trusted by, PEM. Null for those that Node brings. */
    redisCa: readAuthorities(reader, 'REDIS_CA_FILE'),
    /** Every key and channel in Redis begins with it. */
    redisPrefix: prefix ?? 'dispatch:',
    eventLog: {
      maxEvents: reader.integer('EVENT_LOG_MAX_EVENTS', { fallback: 1_000, min: 1, max: 1_000_000 }),
      maxAgeMs: reader.integer('EVENT_LOG_MAX_AGE_MS', { fallback: dayMs, min: secondMs, max: 365 * dayMs }),
      /** Between two checks of the topics that are followed: the newest message of one may have been lost. */
      checkMs: reader.integer('EVENT_LOG_CHECK_MS', { fallback: 5 * secondMs, min: 50, max: hourMs }),
    },
    presence: {
      graceMs: reader.integer('PRESENCE_GRACE_MS', { fallback: 5 * secondMs, min: 0, max: hourMs }),
      leaseMs: reader.integer('PRESENCE_LEASE_MS', { fallback: 15 * secondMs, min: 100, max: hourMs }),
    },
    sessionTtlMs: reader.integer('SESSION_TTL_MS', {
      fallback: 30 * dayMs,
      min: secondMs,
      max: 3_650 * dayMs,
    }),
  };
}

function readRealtime(reader: EnvReader) {
  return {
    /** Frames that wait for one socket. Of more, the socket is closed, because its client reads too slowly. */
    outboxMaxBytes: reader.integer('OUTBOX_MAX_BYTES', {
      fallback: mebibyte,
      min: 1_024,
      max: 1_024 * mebibyte,
    }),
    /** How long a frame may wait for others to the same socket. */
    flushWindowMaxMs: reader.integer('FLUSH_WINDOW_MAX_MS', { fallback: 20, min: 0, max: secondMs }),
    /** How long a topic is still followed after its last subscriber left. */
    topicLingerMs: reader.integer('TOPIC_LINGER_MS', { fallback: 5 * secondMs, min: 0, max: hourMs }),
    /** How long the place of a stream is kept whose client is away. With 0 none is kept. */
    resumeWindowMs: reader.integer('RESUME_WINDOW_MS', { fallback: 2 * minuteMs, min: 0, max: hourMs }),
  };
}
