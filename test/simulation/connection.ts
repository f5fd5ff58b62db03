/** A connection of a simulated client that keeps its cursor: one subscription runs over it. */
import type { Frame } from '../../src/realtime/frame.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import { Path } from './path.ts';
import type { SimulatedProcess } from './process.ts';
import type { Host, Scheduler } from './scheduler.ts';
import type { SubscribeRequest, Update } from './streams.ts';

/** Frames on their way to a client beyond which there is no room for more. */
const maxUnread = 4;

/** Room for frames on their way to a client. */
export class Unread {
  #count = 0;
  #room: PromiseWithResolvers<void> | undefined;

  add(): void {
    this.#count += 1;
  }

  take(): void {
    this.#count -= 1;
    if (this.#count >= maxUnread) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** As `Subscriber.ready`. */
  ready(): Promise<void> | undefined {
    if (this.#count < maxUnread) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }
}

export class Connection {
  readonly process: SimulatedProcess;
  readonly #scheduler: Scheduler;
  readonly #client: Host;
  readonly #path: Path;
  readonly #leaving = new AbortController();
  readonly #unread = new Unread();
  #subscription: HubSubscription | undefined;

  constructor(scheduler: Scheduler, client: Host, process: SimulatedProcess) {
    this.#scheduler = scheduler;
    this.#client = client;
    this.process = process;
    this.#path = new Path({ scheduler, client, server: process.host });
    this.#path.onGone(() => this.#leave());
  }

  /** `listener` is called at the client when it hears that the connection is lost. */
  onLost(listener: () => void): void {
    this.#path.onLost(listener);
  }

  /** Whether a ping would be answered. */
  get isAlive(): boolean {
    return this.#path.isAlive;
  }

  ask<T>(run: (process: SimulatedProcess) => Promise<T>, onReply: (reply: T) => void): void {
    this.#path.toServer(() => {
      run(this.process).then(
        (reply) => this.#path.toClient(() => onReply(reply)),
        () => this.#close(),
      );
    });
  }

  subscribe(request: SubscribeRequest, onUpdate: (update: Update) => void): void {
    this.#path.toServer(() => {
      void this.#open(request, onUpdate);
    });
  }

  silence(): void {
    this.#path.silence();
  }

  cut(): void {
    this.#path.cut();
  }

  /** The client has had enough of it. */
  drop(): void {
    this.#path.leave();
  }

  async #open(request: SubscribeRequest, onUpdate: (update: Update) => void): Promise<void> {
    const { signal } = this.#leaving;
    try {
      const subscription = await this.process.subscribe(request, { viewerId: this.#client.name, signal });
      if (signal.aborted) return subscription.leave();
      this.#subscription = subscription;
      subscription.start({
        send: (frame) => this.#send(frame, onUpdate),
        ready: () => this.#unread.ready(),
        disconnect: (reason) => {
          this.#scheduler.note(() => `${this.process.host.name} disconnects ${this.#client.name}: ${reason}`);
          this.#close();
        },
      });
    } catch (error) {
      // Whatever it was, a client comes back: nothing here is final.
      this.#scheduler.note(() => `${this.process.host.name} refuses ${this.#client.name}: ${String(error)}`);
      this.#close();
    }
  }

  #send({ payload }: Frame, onUpdate: (update: Update) => void): void {
    this.#unread.add();
    const { data } = JSON.parse(payload.toString()) as { readonly data: { readonly counted: Update } };
    this.#path.toClient(() => {
      this.#unread.take();
      onUpdate(data.counted);
    });
  }

  /** By the process: the client hears of it behind all that was sent. */
  #close(): void {
    this.#leave();
    this.#path.endAtClient();
  }

  #leave(): void {
    this.#leaving.abort();
    this.#subscription?.leave();
    this.#subscription = undefined;
  }
}
