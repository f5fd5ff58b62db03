/** What the clients of every transport have in common: they are counted, drained, and ended with their token. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Gauge } from 'prom-client';
import type { Authentication } from '../auth/authentication.ts';
import type { TokenWatcher } from '../auth/token-revalidator.ts';
import type { Viewer } from '../auth/viewer.ts';
import { type Clock, hasCome, type WallTime } from '../lib/clock.ts';
import { ClientError } from '../lib/errors.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createConnectionId, type ConnectionTracker } from './connection-tracker.ts';
import { DrainableSet, type Drainable } from './drain.ts';
import { refusals, type SessionRefusal } from './endings.ts';
import type { LiveClient } from './live.ts';
import type { RightEnded, SessionClient } from './session-client.ts';

export interface SessionsOptions {
  readonly tracker: ConnectionTracker;
  readonly authentication: Pick<Authentication, 'watch' | 'unwatch' | 'refuseEnded'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Time from one round to the next, milliseconds: one timer serves all sessions. */
  readonly roundMs: number;
  readonly metrics: Metrics;
}

/** How long before its token ends a client is told so, milliseconds: time to get another one, and to renew the session with it. */
const warnBeforeMs = 60_000;

/** All sessions of this process. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #open = new DrainableSet<Session>();
  /** By viewer, where somebody looks at the moment. */
  readonly #looking = new Map<string, Promise<number>>();
  /** Why nobody is to come here for now; null where they may. */
  refusal: SessionRefusal | null = null;
  #cancelRound: () => void;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#cancelRound = this.#nextRound();
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#open.values();
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws UPSTREAM_UNAVAILABLE while nobody is to come here */
  refuseNewcomers(): void {
    if (this.refusal) throw new ClientError('UPSTREAM_UNAVAILABLE', this.refusal.message);
  }

  /** Counts a client whose subscription was refused for a while, and who is told so. */
  countTurnedAway(): void {
    this.#options.metrics.turnedAway.inc({ why: this.refusal?.why ?? 'subscribe' });
  }

  /** Begins a session whose viewer is not known yet. `gauge` counts the sessions of its transport. */
  begin(client: SessionClient, gauge: Gauge): Session {
    const session = new Session(this.#options, client, this.#open, gauge);
    this.#open.add(session);
    gauge.inc();
    return session;
  }

  /**
   * Begins a session of a viewer. `countsAsConnection`: see `Session.admit`.
   *
   * @throws LIMIT_EXCEEDED, or UPSTREAM_UNAVAILABLE while nobody is to come here; then there is no session
   */
  open(client: SessionClient, viewer: Viewer, gauge: Gauge, { countsAsConnection = true } = {}): Session {
    this.refuseNewcomers();
    const session = this.begin(client, gauge);
    try {
      session.admit(viewer, { countsAsConnection });
      return session;
    } catch (error) {
      session.end();
      throw error;
    }
  }

  /** Asks all who are here to connect again, see `DrainableSet.drain`. Whether new sessions are refused is said by `refusal`. */
  async sendAway(windowMs: number): Promise<void> {
    await this.#open.drain(windowMs, this.#options.clock);
  }

  /**
   * Ends those sessions of a viewer whose clients are gone, though nobody has noticed yet: to be done before one who comes
   * is refused because of what these hold. Resolves with how many there were. Never rejects.
   */
  endGone(viewerId: string): Promise<number> {
    const underWay = this.#looking.get(viewerId);
    if (underWay) return underWay;
    const looking = this.#endGone(viewerId).finally(() => this.#looking.delete(viewerId));
    this.#looking.set(viewerId, looking);
    return looking;
  }

  async #endGone(viewerId: string): Promise<number> {
    const own = [...this.#open].filter(({ viewer }) => viewer?.id === viewerId);
    const ended = await Promise.all(own.map((session) => session.endIfGone()));
    const count = ended.filter(Boolean).length;
    // A socket that was ended gives back what it held when it has closed: that is at the end of a turn.
    for (let turn = 0; count > 0 && turn < 2; turn += 1) await nextTurn();
    this.#options.metrics.ghosts.inc(count);
    return count;
  }

  /** Ends what is left, at once. */
  close(): void {
    this.refusal = refusals.draining;
    this.#cancelRound();
    for (const session of this.#open) session.terminate();
  }

  #nextRound(): () => void {
    const { clock, roundMs } = this.#options;
    return clock.after(roundMs, () => {
      const [elapsed, now] = [clock.elapsed(), clock.now()];
      for (const session of this.#open) session.tick(elapsed, now);
      this.#cancelRound = this.#nextRound();
    });
  }
}

/** One client, from when they connect until they leave. There are very many: it holds no more than it needs. */
export class Session implements Drainable, TokenWatcher {
  readonly id = createConnectionId();
  /** When the client last began an operation, by `Clock.elapsed`. */
  activeAt: number;
  readonly #options: SessionsOptions;
  readonly #client: SessionClient;
  readonly #open: DrainableSet<Session>;
  readonly #gauge: Gauge;
  #viewer: Viewer | null = null;
  #admittedAt: WallTime | undefined;
  /** Whether it counts among the connections of its viewer; null until it is announced. */
  #isCounted: boolean | null = null;
  /** Whether its client knows that the token ends soon. */
  #isWarned = false;
  #ended = false;

  /** `open`: where it is as long as it is open. `gauge`: where it is counted so long. */
  constructor(options: SessionsOptions, client: SessionClient, open: DrainableSet<Session>, gauge: Gauge) {
    this.#options = options;
    this.#client = client;
    this.#open = open;
    this.#gauge = gauge;
    this.activeAt = options.clock.elapsed();
  }

  /** Null until a viewer was admitted. */
  get viewer(): Viewer | null {
    return this.#viewer;
  }

  /**
   * From now on it is this viewer's session: announced to presence, and revoked with their token. `countsAsConnection`:
   * whether it counts among the connections that a viewer may have.
   *
   * @throws LIMIT_EXCEEDED when the viewer has as many as they may have; UNAUTHENTICATED when their sessions were ended meanwhile
   */
  admit(viewer: Viewer, { countsAsConnection = true } = {}): void {
    const { tracker, authentication, clock } = this.#options;
    this.#admittedAt = clock.now();
    authentication.refuseEnded(viewer);
    tracker.enter(viewer, this.id, countsAsConnection);
    this.#isCounted = countsAsConnection;
    this.#restOn(viewer);
  }

  /** The same viewer with another token: from now on the session rests on that one. To be called before its end. */
  renew(viewer: Viewer): void {
    const { name, role } = this.#viewer!;
    this.#options.authentication.unwatch(this.#viewer!, this);
    this.#isWarned = false;
    this.#restOn(viewer);
    if (viewer.name !== name || viewer.role !== role)
      this.#options.tracker.announce(viewer, this.id, this.#admittedAt);
  }

  #restOn(viewer: Viewer): void {
    this.#viewer = viewer;
    this.#options.authentication.watch(viewer, this);
  }

  /** The client has begun an operation. */
  noteActivity(): void {
    this.activeAt = this.#options.clock.elapsed();
  }

  tick(elapsed: number, now: WallTime): void {
    const expiresAt = this.#viewer?.expiresAt ?? null;
    if (expiresAt !== null && hasCome(expiresAt, now)) this.#client.revoke('expired');
    else if (expiresAt !== null && !this.#isWarned && hasCome(expiresAt - warnBeforeMs, now))
      this.#isWarned = this.#client.warn?.(expiresAt) ?? true;
    this.#client.tick?.(elapsed);
  }

  revoke(because: RightEnded): void {
    this.#client.revoke(because);
  }

  live(): LiveClient {
    return this.#client.live();
  }

  /** Resolves with whether it ended. */
  async endIfGone(): Promise<boolean> {
    if (!(await this.#client.isGone()) || this.#ended) return false;
    this.#client.terminate();
    // The transport says the same when it has noticed; what the session holds is free from now on.
    this.end();
    return true;
  }

  restart(): void {
    this.#client.restart();
  }

  terminate(): void {
    this.#client.terminate();
  }

  /** The client has left. Safe to call twice. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open.delete(this);
    this.#gauge.dec();
    if (this.#isCounted === null || !this.#viewer) return;
    const { tracker, authentication, log } = this.#options;
    authentication.unwatch(this.#viewer, this);
    tracker.leave(this.#viewer, this.id, this.#isCounted).catch((error: unknown) => {
      log.error({ err: error, connection: this.id }, 'the end of a connection failed');
    });
  }
}
