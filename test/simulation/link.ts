/** A connection by which a process asks a server: requests go one way, replies the other, each in their order. */
import type { Host, Scheduler, Wire } from './scheduler.ts';

interface Request {
  readonly run: () => unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Ends the wait for its reply, if that has an end. */
  readonly cancel: (() => void) | undefined;
  /** How often it may be sent again when the connection was lost before its reply. */
  retries: number;
}

export interface LinkOptions {
  readonly scheduler: Scheduler;
  readonly client: Host;
  readonly server: Host;
  /** How often a request is sent again, which may have been executed. */
  readonly retries: number;
  /** After so long a request rejects, milliseconds; it may be executed yet. Undefined for never. */
  readonly timeoutMs?: number;
}

const reconnectMs = { low: 50, high: 1_500 };

export class Link {
  readonly #options: LinkOptions;
  readonly #requests: Wire;
  /** Also for what the server sends unasked. */
  readonly replies: Wire;
  #unanswered = new Set<Request>();
  #isUp = true;
  readonly #whoHearUp: (() => void)[] = [];
  #hearDown: () => void = () => {};

  constructor(options: LinkOptions) {
    const { scheduler, client, server } = options;
    this.#options = options;
    this.#requests = scheduler.wire(`${client.name} > ${server.name}`, server);
    this.replies = scheduler.wire(`${server.name} > ${client.name}`, client);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** `listener` is called when the connection is back, before any request is sent again. */
  onUp(listener: () => void): void {
    this.#whoHearUp.push(listener);
  }

  onDown(listener: () => void): void {
    this.#hearDown = listener;
  }

  /** Has `run` done by the server, whole. */
  ask<T>(run: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { retries, timeoutMs, scheduler, client } = this.#options;
    const cancel =
      timeoutMs === undefined
        ? undefined
        : scheduler.after(client, timeoutMs, () => reject(new Error('Command timed out')));
    const request: Request = { run, resolve: resolve as Request['resolve'], reject, cancel, retries };
    this.#unanswered.add(request);
    if (this.#isUp) this.#send(request);
    return promise;
  }

  /** The connection is lost, with all that is on its way. It is back after a while, if the server is there. */
  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#requests.cut();
    this.replies.cut();
    for (const request of this.#unanswered) {
      if (request.retries > 0) continue;
      this.#forget(request);
      request.reject(new Error('Connection is closed.'));
    }
    this.#hearDown();
    this.#reconnectSoon();
  }

  #reconnectSoon(): void {
    const { scheduler, client, server } = this.#options;
    const waitMs = reconnectMs.low + scheduler.random() * (reconnectMs.high - reconnectMs.low);
    scheduler.after(client, waitMs, () => {
      if (server.isFrozen) return this.#reconnectSoon();
      this.#isUp = true;
      for (const hear of this.#whoHearUp) hear();
      for (const request of this.#unanswered) {
        request.retries -= 1;
        this.#send(request);
      }
    });
  }

  #send(request: Request): void {
    this.#requests.send(() => {
      let isDone = true;
      let reply: unknown;
      try {
        reply = request.run();
      } catch (error) {
        isDone = false;
        reply = error;
      }
      this.replies.send(() => {
        this.#forget(request);
        if (isDone) request.resolve(reply);
        else request.reject(reply as Error);
      });
    });
  }

  #forget(request: Request): void {
    this.#unanswered.delete(request);
    request.cancel?.();
  }
}
