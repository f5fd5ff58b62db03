/** Chooses the way: a WebSocket first; where it never gets through, event streams, and then by turns. */
import { WebSocketWay } from './web-socket.ts';
import type { Payload, Sink, Way, WayOptions } from './way.ts';

export type WayKind = 'auto' | Way['name'];

/** Attempts on a way that has never worked. */
const attemptsEach = 2;

export class Ways {
  readonly #kind: WayKind;
  readonly #options: WayOptions;
  #failures = 0;
  #hasWorked = false;
  current: Way;

  constructor(kind: WayKind, options: WayOptions) {
    this.#kind = kind;
    this.#options = options;
    this.current = kind === 'event-stream' ? new LaterWay(options) : new WebSocketWay(options);
  }

  /** From now on it is this one: what breaks is the network, and not the way. */
  worked(): void {
    this.#hasWorked = true;
  }

  /** An attempt has failed. Returns whether another way is taken from now on, to which everything has to move. */
  failed(): boolean {
    this.#failures += 1;
    if (this.#kind !== 'auto' || this.#hasWorked || this.#failures % attemptsEach > 0) return false;
    const old = this.current;
    this.current = old.name === 'websocket' ? new LaterWay(this.#options) : new WebSocketWay(this.#options);
    // What is on it moves first.
    queueMicrotask(() => old.dispose());
    return true;
  }

  dispose(): void {
    this.current.dispose();
  }
}

/** Event streams are seldom needed: their code is loaded when they are. */
class LaterWay implements Way {
  readonly name = 'event-stream';
  readonly #way: Promise<Way>;

  constructor(options: WayOptions) {
    this.#way = import('./event-stream.ts').then(({ EventStreamWay }) => new EventStreamWay(options));
    this.#way.catch(() => options.events.onRefused('The code for event streams could not be loaded.', false));
  }

  subscribe(payload: Payload, sink: Sink): () => void {
    let isOver = false;
    let end: (() => void) | undefined;
    void this.#way.then((way) => {
      if (!isOver) end = way.subscribe(payload, sink);
    });
    return () => {
      isOver = true;
      end?.();
    };
  }

  reconnect(): void {
    void this.#way.then((way) => way.reconnect());
  }

  dispose(): void {
    void this.#way.then((way) => way.dispose());
  }
}
