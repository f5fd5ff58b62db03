/** Chooses the way: a WebSocket first; where it never gets through, event streams, and then by turns. */
import { WebSocketWay } from './web-socket.ts';
import type { Payload, Sink, Way, WayEvents, WayOptions } from './way.ts';

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
    this.current = this.#make(kind === 'event-stream' ? kind : 'websocket');
  }

  /** What becomes of a way that was left is nothing to anybody. */
  #make(name: Way['name']): Way {
    const told = Object.entries(this.#options.events) as [string, (...args: unknown[]) => void][];
    const events = told.map(([event, tell]) => [
      event,
      (...args: unknown[]) => {
        if (this.current === way) tell(...args);
      },
    ]);
    const options = { ...this.#options, events: Object.fromEntries(events) as WayEvents };
    const way: Way = name === 'websocket' ? new WebSocketWay(options) : new LaterWay(options);
    return way;
  }

  worked(): void {
    this.#hasWorked = true;
    this.#failures = 0;
  }

  /** An attempt has failed. Returns whether another way is taken from now on, to which everything has to move. */
  failed(): boolean {
    this.#failures += 1;
    if (this.#kind !== 'auto' || !this.#isOver) return false;
    const old = this.current;
    this.current = this.#make(old.name === 'websocket' ? 'event-stream' : 'websocket');
    this.#hasWorked = false;
    this.#failures = 0;
    // What is on it moves first.
    queueMicrotask(() => old.dispose());
    return true;
  }

  /**
   * Where a WebSocket has worked it is the network that breaks, and not the way. Of event streams nobody knows whether they are needed, or
   * were taken since nothing worked at the time: whenever they break, the WebSocket has another chance.
   */
  get #isOver(): boolean {
    if (this.#hasWorked) return this.current.name === 'event-stream';
    return this.#failures >= attemptsEach;
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
    this.#way.catch(() => options.events.onRefused('Event streams could not be loaded.', null));
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
