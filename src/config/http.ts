/** The variables about HTTP: where it listens, whom it believes, how large a request may be, and what is shown to whom. */
import { hourMs, minuteMs, secondMs } from '../lib/clock.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import type { EnvReader } from './env-reader.ts';
import { readCorsOrigins, readGatewayNetworks, readPublicOrigins, readTrustProxy } from './network.ts';

export function readHttp(reader: EnvReader, isProduction: boolean) {
  return {
    port: reader.integer('PORT', { fallback: 4004, min: 0, max: 65_535 }),
    /** Null: all addresses of this machine, of IPv4 and of IPv6. */
    host: reader.matching('HOST', /^[\w.:-]+$/, 'a host name or an address of this machine'),
    /** A port of their own for metrics and the details of readiness; null: metrics are at `port`. */
    metricsPort: reader.integer('METRICS_PORT', { fallback: null, min: 0, max: 65_535 }),
    /** The origins of pages that may send requests, over HTTP and over WebSocket. */
    corsOrigins: readCorsOrigins(reader, isProduction),
    /** Under which clients reach this service: those that are no browsers may send it as their origin on a WebSocket. */
    publicOrigins: readPublicOrigins(reader),
    /** Whether answers are compressed for clients that accept that. */
    compresses: reader.choice('HTTP_COMPRESSION', ['on', 'off'], 'on') === 'on',
    /** Whether gateways are told how long each field took, where they ask for it. */
    federatedTraces: reader.choice('FEDERATED_TRACES', ['on', 'off'], 'off') === 'on',
    /** Whose `X-Forwarded-*` headers are trusted; the value is that of Fastify's option `trustProxy`. */
    trustProxy: readTrustProxy(reader),
    /** What comes from there is from a gateway, and not from its clients themselves. */
    gatewayNetworks: readGatewayNetworks(reader),
    /** Clients of IPv6 are counted by so many bits of their address: whoever has one address has a network of them. */
    clientPrefixLength: reader.integer('CLIENT_PREFIX_LENGTH', { fallback: 64, min: 32, max: 128 }),
    /** Of a request whose token is good: as many references as one operation may have fit into it. */
    maxBodyBytes: reader.integer('MAX_BODY_BYTES', { fallback: 524_288, min: 1_024, max: 16 * mebibyte }),
    /** Of a request of which nobody knows who sent it. */
    maxAnonymousBodyBytes: reader.integer('MAX_ANONYMOUS_BODY_BYTES', {
      fallback: 65_536,
      min: 1_024,
      max: 16 * mebibyte,
    }),
    requestTimeoutMs: reader.integer('REQUEST_TIMEOUT_MS', {
      fallback: 15 * secondMs,
      min: 100,
      max: 10 * minuteMs,
    }),
    /** Longer than load balancers keep unused connections (60 s are usual), so that this side never closes first. */
    idleTimeoutMs: reader.integer('HTTP_IDLE_TIMEOUT_MS', {
      fallback: 65 * secondMs,
      min: secondMs,
      max: hourMs,
    }),
    /** How long a connection may take nothing of what waits for it. */
    stallTimeoutMs: reader.integer('STALL_TIMEOUT_MS', {
      fallback: 30 * secondMs,
      min: 100,
      max: hourMs,
    }),
    /**
     * Whoever shows a token gets a ticket for it, which opens one event stream. `header`: with the token beside it. `url`: also
     * alone, from an address.
     */
    eventStreamTickets: reader.choice('EVENT_STREAM_TICKETS', ['off', 'header', 'url'], 'off'),
    playground: !isProduction,
    /** Whether the page at `/board` is served. It is the same for everybody; what it shows needs a token. */
    board: reader.choice('BOARD', ['on', 'off'], isProduction ? 'off' : 'on') === 'on',
    boardTiles: readBoardTiles(reader),
    introspection: !isProduction,
    /** Who may read federation's `_service { sdl }`, which says all that introspection says. */
    sdlReaders: reader.choice(
      'SDL_READERS',
      ['anybody', 'viewers', 'nobody'],
      isProduction ? 'viewers' : 'anybody',
    ),
  };
}

/** Null: the board's map has no streets, and asks nobody for them. */
function readBoardTiles(reader: EnvReader) {
  const url = reader.matching(
    'BOARD_TILES_URL',
    /^https?:\/\/[\w.:-]+\/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{y\})[\w./?=&%{}-]+$/,
    'the http or https URL of map tiles, with {z}, {x} and {y}',
  );
  const attribution = reader.text('BOARD_TILES_ATTRIBUTION');
  return url === null ? null : { url, attribution: attribution ?? '' };
}
