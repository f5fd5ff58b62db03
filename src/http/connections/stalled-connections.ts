/** Ends connections that take nothing though something waits for them, whatever they carry. Progress is life: a slow reader goes on. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { KernelQueues } from '../../lib/system/kernel-queues.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';

export interface StalledConnectionsOptions {
  /** How long a connection may take nothing of what waits for it, milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A socket that something waits for. */
interface Late {
  readonly position: string;
  /** When it was last seen to move, in the time of the rounds. */
  movedAt: number;
  /** When the system was last asked, and what it held then; undefined where it did not say. */
  askedAt: number;
  held: number | undefined;
}

/** Longest and shortest time between two looks at all connections, milliseconds. */
const maxRoundMs = 1_000;
const minRoundMs = 20;
/** Looks at what the system holds, in the time that a connection may take nothing. */
const asksPerTimeout = 4;

/**
 * A reader's progress shows in two places. What the system takes from this process comes in large steps: it makes room when
 * a third of its buffer is free again, which for a slow reader can be minutes. So before a connection is ended the system is
 * asked how much it still holds for the reader, and whether that has become less.
 */
export class StalledConnections {
  readonly #options: StalledConnectionsOptions;
  readonly #queues: KernelQueues;
  readonly #open = new Set<Socket>();
  readonly #late = new Map<Socket, Late>();
  readonly #roundMs: number;
  /** Time that has passed in rounds: a process that was asleep makes nobody late. */
  #passedMs = 0;
  #lookedAt: number;
  #cancelRound: () => void;
  #isAsking = false;

  constructor(server: Server, options: StalledConnectionsOptions) {
    this.#options = options;
    this.#roundMs = Math.min(maxRoundMs, Math.max(minRoundMs, options.timeoutMs / (2 * asksPerTimeout)));
    this.#queues = new KernelQueues((error) =>
      options.log.debug({ err: error }, 'the system does not say what it holds for readers'),
    );
    // Those that are closed are found in the rounds: a listener on each of very many sockets would take memory.
    server.on('connection', (socket: Socket) => this.#open.add(socket));
    this.#lookedAt = options.clock.elapsed();
    this.#cancelRound = this.#nextRound();
  }

  /** Ends the looking, and no connection. */
  close(): void {
    this.#cancelRound();
  }

  /**
   * Whether what the system holds for a reader becomes less within `withinMs` milliseconds. True where something waits in
   * this process too: then the rounds decide. Never rejects.
   */
  async isTaking(socket: Socket, withinMs: number): Promise<boolean> {
    if (socket.writableLength > 0) return true;
    const before = await this.#queues.bytesOf(socket);
    if (!before) return false;
    await this.#options.clock.sleep(withinMs);
    const after = await this.#queues.bytesOf(socket);
    return after !== undefined && after !== before;
  }

  /**
   * Bytes of all that was written to a socket that its reader has taken; undefined where the system does not say what it
   * holds. Never rejects.
   */
  async takenOf(socket: Socket): Promise<number | undefined> {
    const held = await this.#queues.bytesOf(socket);
    return held === undefined ? undefined : handedOver(socket) - leftOfWrite(socket) - held;
  }

  /** Whether a reader takes anything within `withinMs` milliseconds. False where nobody can say. Never rejects. */
  async takesAnything(socket: Socket, withinMs: number): Promise<boolean> {
    const before = await this.takenOf(socket);
    await this.#options.clock.sleep(withinMs);
    return (await this.takenOf(socket)) !== before;
  }

  #nextRound(): () => void {
    const { clock } = this.#options;
    return clock.after(this.#roundMs, () => {
      const now = clock.elapsed();
      this.#passedMs += Math.min(Math.max(0, now - this.#lookedAt), 2 * this.#roundMs);
      this.#lookedAt = now;
      this.#look(this.#passedMs);
      this.#cancelRound = this.#nextRound();
    });
  }

  #look(now: number): void {
    for (const socket of this.#open) {
      const { destroyed, writableLength } = socket;
      if (!destroyed && writableLength > 0) this.#note(socket, now);
      else if (this.#late.size > 0) this.#late.delete(socket);
      if (destroyed) this.#open.delete(socket);
    }
    if (this.#late.size > 0 && !this.#isAsking) void this.#ask(now);
  }

  #note(socket: Socket, now: number): void {
    const position = positionOf(socket);
    if (this.#late.get(socket)?.position === position) return;
    this.#late.set(socket, { position, movedAt: now, askedAt: now, held: undefined });
  }

  /** Asks the system about those that have not moved for long enough. */
  async #ask(now: number): Promise<void> {
    const everyMs = this.#options.timeoutMs / asksPerTimeout;
    const due = [...this.#late].filter(([, late]) => now - late.askedAt >= everyMs);
    this.#isAsking = true;
    await Promise.all(
      due.map(async ([socket, late]) => {
        const held = await this.#queues.bytesOf(socket);
        if (this.#late.get(socket) === late && !socket.destroyed) this.#judge(socket, late, held, now);
      }),
    );
    this.#isAsking = false;
  }

  #judge(socket: Socket, late: Late, held: number | undefined, now: number): void {
    if (late.held !== undefined && held !== late.held) late.movedAt = now;
    late.askedAt = now;
    late.held = held;
    if (now - late.movedAt < this.#options.timeoutMs || positionOf(socket) !== late.position) return;
    this.#options.metrics.stalled.inc();
    const { remoteAddress, writableLength } = socket;
    this.#options.log.debug(
      { address: remoteAddress, bytes: writableLength },
      'a stalled connection is ended',
    );
    // The system, too, forgets what it holds: else it would go on offering that to the reader for minutes.
    socket.resetAndDestroy();
  }
}

/** Where the writing of a socket stands: it changes with every byte that the system takes, and with nothing else. */
function positionOf(socket: Socket): string {
  return `${handedOver(socket)} ${leftOfWrite(socket)}`;
}

/** Bytes of writes that were taken whole. */
const handedOver = (socket: Socket): number => socket.bytesWritten - socket.writableLength;

/** Bytes that are left of the write under way. Others stand behind it. */
function leftOfWrite(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}
