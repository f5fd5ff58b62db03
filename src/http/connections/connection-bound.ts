/** Bounds how many connections clients have, below the limit of descriptors, so that health and metrics are answered beyond it. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';

export interface ConnectionBoundOptions {
  /** How many connections clients may have; null: as many as they like. */
  readonly max: number | null;
  /** How many may be open beyond it, each for one answer. */
  readonly spare: number;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'openConnections' | 'maxConnections' | 'turnedAway'>;
  readonly log: Logger;
}

/** What is answered on a connection that is one too many. */
const answeredBeyond = /^\/(health\/(live|ready)|metrics)(\?|$)/;
/** Time that such a connection has to ask, and to take its answer, milliseconds. */
const spareMs = 5_000;
/** When to come back: connections end when a viewer leaves, and nobody knows when. */
const retryAfterMs = 2_000;
/** Share of the bound below which there is room again, so that the log does not say so with each connection that ends. */
const roomShare = 0.95;

export class ConnectionBound {
  readonly #options: ConnectionBoundOptions;
  /** Connections that are one too many, from the oldest on. True for those that health or metrics are being answered on. */
  readonly #beyond = new Map<Socket, boolean>();
  #open = 0;
  #isFull = false;

  constructor(server: FastifyInstance, options: ConnectionBoundOptions) {
    this.#options = options;
    options.metrics.maxConnections.set(options.max ?? 0);
    const { openConnections } = options.metrics;
    const onClose = this.#onClose;
    server.server.on('connection', (socket: Socket) => {
      this.#open += 1;
      openConnections.set(this.#open);
      // It comes once. A wrapper for each of very many sockets would take memory.
      socket.on('close', onClose);
      if (options.max !== null && this.#open - this.#beyond.size > options.max) this.#addBeyond(socket);
    });
    server.addHook('onRequest', (request, reply, done) => {
      const { socket } = request.raw;
      if (!this.#beyond.has(socket)) return done();
      void reply.header('connection', 'close');
      if (!answeredBeyond.test(request.url)) return this.#refuse(reply);
      this.#beyond.set(socket, true);
      done();
    });
  }

  /** What another process could do better; null when nothing. */
  get trouble(): string | null {
    const { max } = this.#options;
    return this.#isFull ? `all ${max} connections are taken` : null;
  }

  /** Whether a connection is one too many: it is to be told so, and ended. */
  isBeyond(socket: Socket): boolean {
    return this.#beyond.has(socket);
  }

  /** A connection that is one too many was told to come back. */
  noteTurnedAway(): void {
    this.#options.metrics.turnedAway.inc({ why: 'descriptors' });
  }

  #refuse(reply: FastifyReply): void {
    this.noteTurnedAway();
    const message = 'There is no room for one more connection; try again later.';
    void reply
      .code(503)
      .header('retry-after', retryAfterMs / 1_000)
      .send({ errors: [{ message, extensions: { code: 'LIMIT_EXCEEDED', retryAfterMs } }] });
  }

  #addBeyond(socket: Socket): void {
    const { spare, clock } = this.#options;
    this.#noteFull();
    if (this.#beyond.size >= spare) this.#endOne();
    this.#beyond.set(socket, false);
    const cancel = clock.after(spareMs, () => socket.destroy());
    socket.once('close', cancel);
  }

  /** Ends the one that has waited for longest without an answer under way: whoever comes next may ask for health. */
  #endOne(): void {
    const waiting = [...this.#beyond].find(([, isAnswered]) => !isAnswered) ?? [...this.#beyond][0];
    if (!waiting) return;
    const [socket, isAnswered] = waiting;
    this.#beyond.delete(socket);
    if (!isAnswered) this.noteTurnedAway();
    socket.destroy();
  }

  #noteFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    const { log, max } = this.#options;
    log.warn(
      { max },
      'there is no room for more connections: more descriptors (ulimit -n), or more processes, make room',
    );
  }

  readonly #onClose = (): void => {
    this.#open -= 1;
    this.#options.metrics.openConnections.set(this.#open);
    for (const socket of this.#beyond.keys()) if (socket.destroyed) this.#beyond.delete(socket);
    const { max, log } = this.#options;
    if (!this.#isFull || this.#open > (max ?? 0) * roomShare) return;
    this.#isFull = false;
    log.info({ open: this.#open, max }, 'there is room for connections again');
  };
}
