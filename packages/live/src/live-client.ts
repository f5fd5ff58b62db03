/** What an app sees of the client: how it is made, and what it does. */
import type { Operation, Variables } from './core/operation.ts';
import type { LiveState, StateListener } from './core/state.ts';
import type { StreamHandlers } from './core/stream.ts';
import type { TokenSource } from './core/tokens.ts';
import type { WayKind } from './ways/ways.ts';
import type { Timing } from './ways/way.ts';

export interface LiveClientOptions {
  /** Where `/graphql` is, of the service or of a router: with `http:`, `https:`, `ws:` or `wss:`. */
  readonly url: string;
  readonly token: TokenSource;
  /** Called whenever the state of the connection changes. */
  readonly onState?: StateListener;
  /** `auto`: a WebSocket, and event streams where WebSockets do not pass. Default `auto`. */
  readonly way?: WayKind;
  readonly timing?: Partial<Timing>;
  /** The class to open sockets with, where the environment has none. */
  readonly webSocketImpl?: unknown;
}

/** What has happened since the client was made. */
export interface LiveTally {
  /** How often the connection was there again after it had been lost. */
  reconnects: number;
  /** Events that did not follow the one before: something had been dropped on the way, and was fetched. */
  gaps: number;
  /** Streams whose last events had been dropped on the way, which showed when the service was asked where they stand. */
  tails: number;
}

export interface LiveClient {
  readonly state: LiveState;
  /** How old what is shown may be, milliseconds; null before anything was there. While it is live that is a few seconds at the most. */
  readonly ageMs: number | null;
  /**
   * The time by the service's clock, milliseconds since the Unix epoch: that of a browser may be wrong, and ages by it. Null until the
   * service has said it, which it does over a WebSocket without a router in between.
   */
  readonly serviceTime: number | null;
  readonly tally: Readonly<LiveTally>;
  /** Calls the listener whenever the state changes. Returns what ends that. */
  onState(listener: StateListener): () => void;
  /**
   * Watches. The stream goes on over every break, behind the last event that was shown: nothing need be kept for that, and the operation
   * need not ask for cursors. Returns what ends it.
   */
  subscribe<R, V extends Variables>(
    operation: Operation<R, V>,
    variables: V,
    handlers: StreamHandlers<R>,
  ): () => void;
  /**
   * A query or mutation over the same connection. Sent again when the connection breaks before the answer: the service makes a mutation
   * once, however often that is. A query waits for what passes by itself. @throws LiveError
   */
  request<R, V extends Variables>(operation: Operation<R, V>, variables: V): Promise<R>;
  /** Tries again after it has stopped, with what the app now gives as token. */
  restart(): void;
  /** Ends everything. */
  dispose(): void;
}
