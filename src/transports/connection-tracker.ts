/** Who is connected to this process over any transport: counts connections per viewer, and announces them to presence. */
import { randomBytes } from 'node:crypto';
import type { Viewer } from '../auth/viewer.ts';
import type { Clock, WallTime } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import { InnerQuota, QuotaByKey, type Quota } from '../operations/quota.ts';
import type { Presence } from '../stores/presence/presence.ts';

export interface ConnectionTrackerOptions {
  readonly presence: Presence;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxConnectionsPerViewer: number;
  /** Over all transports together. */
  readonly maxSubscriptionsPerViewer: number;
  readonly maxSubscriptionsPerSocket: number;
}

/** Unique in the cluster, unlike the id of a request, which clients may choose. */
export const createConnectionId = () => randomBytes(12).toString('base64url');

/** What subscriptions share. */
type Shared = 'A socket' | 'An event stream';

export class ConnectionTracker {
  readonly #options: ConnectionTrackerOptions;
  readonly #connections: QuotaByKey;
  readonly #subscriptions: QuotaByKey;
  /** What those are told who want one too many. */
  readonly #messages: Readonly<Record<Shared, string>>;

  constructor(options: ConnectionTrackerOptions) {
    const { maxConnectionsPerViewer: connections, maxSubscriptionsPerViewer: subscriptions, clock } = options;
    this.#options = options;
    this.#connections = new QuotaByKey(connections, `A viewer may have ${connections} connections.`, clock);
    this.#subscriptions = new QuotaByKey(
      subscriptions,
      `A viewer may have ${subscriptions} subscriptions at a time.`,
      clock,
    );
    const of = (what: Shared) => `${what} may have ${this.maxSubscriptionsOnOne} subscriptions at a time.`;
    this.#messages = { 'A socket': of('A socket'), 'An event stream': of('An event stream') };
  }

  /** Subscriptions that are open, over all transports together. */
  get subscriptions(): number {
    return this.#subscriptions.taken;
  }

  /** What subscriptions of a viewer count against. */
  subscriptionsOf(viewer: Viewer): Quota {
    return this.#subscriptions.of(viewer.id);
  }

  /** The same for what is open already, and was on another process until now. */
  openSubscriptionsOf(viewer: Viewer): Quota {
    return this.#subscriptions.ofOpen(viewer.id);
  }

  /** How many of them one connection may have that they share. Who has all that they may have there gets no room by coming back with it. */
  get maxSubscriptionsOnOne(): number {
    const { maxSubscriptionsPerSocket, maxSubscriptionsPerViewer } = this.#options;
    return Math.min(maxSubscriptionsPerSocket, maxSubscriptionsPerViewer);
  }

  /** What those on one connection count against, which has a bound of its own. `what` it is, for the message. */
  subscriptionsOnOneOf(viewer: Viewer, what: Shared): Quota {
    const { maxSubscriptionsOnOne: max } = this;
    return new InnerQuota(max, this.#messages[what], this.subscriptionsOf(viewer));
  }

  /**
   * Announces a connection, and counts it where it `isCounted`.
   *
   * @throws LIMIT_EXCEEDED when its viewer has as many as they may have
   */
  enter(viewer: Viewer, connectionId: string, isCounted: boolean): void {
    if (isCounted) this.#connections.take(viewer.id);
    this.announce(viewer, connectionId);
  }

  /** Says who the viewer of a connection is. `connectedAt`: milliseconds since the Unix epoch. */
  announce(
    { id: viewerId, name, role }: Viewer,
    connectionId: string,
    connectedAt: WallTime = this.#options.clock.now(),
  ): void {
    const { presence, log } = this.#options;
    // Not awaited: the viewer is served also while the store is away.
    presence.connect({ connectionId, viewerId, name, role, connectedAt }).catch((error: unknown) => {
      log.warn({ err: error, connection: connectionId }, 'a connection could not be announced');
    });
  }

  /** Ends what `enter` has begun. Rejects with the error of the presence store. */
  async leave({ id }: Pick<Viewer, 'id'>, connectionId: string, isCounted: boolean): Promise<void> {
    if (isCounted) this.#connections.release(id);
    await this.#options.presence.disconnect(connectionId);
  }
}
