/** A connection of a simulated client to a process, over which one subscription runs. */
import type { Frame } from '../../src/realtime/frame.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import type { SimulatedProcess, SubscribeRequest, Update } from './process.ts';
import type { Host, Scheduler, Wire } from './scheduler.ts';

/** Frames on their way to a client beyond which there is no room for more. */
const maxUnread = 4;
/** After so long the process takes a client for gone of whom it hears nothing, milliseconds. */
const ghostMs = 8_000;

export class Connection {
  readonly process: SimulatedProcess;
  readonly #scheduler: Scheduler;
  readonly #client: Host;
  readonly #toServer: Wire;
  readonly #toClient: Wire;
  readonly #leaving = new AbortController();
  #subscription: HubSubscription | undefined;
  #unread = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #isSilent = false;
  #isOver = false;
  /** Called at the client when it hears that the connection is lost. */
  onLost: () => void = () => {};

  constructor(scheduler: Scheduler, client: Host, process: SimulatedProcess) {
    this.#scheduler = scheduler;
    this.#client = client;
    this.process = process;
    this.#toServer = scheduler.wire(`${client.name} > ${process.host.name}`, process.host);
    this.#toClient = scheduler.wire(`${process.host.name} > ${client.name}`, client);
  }

  /** Whether a ping would be answered. */
  get isAlive(): boolean {
    return !this.#isOver && !this.#isSilent && !this.process.host.isDead && !this.process.host.isFrozen;
  }

  ask<T>(run: (process: SimulatedProcess) => Promise<T>, onReply: (reply: T) => void): void {
    this.#sendToServer(() => {
      run(this.process).then(
        (reply) => this.#sendToClient(() => onReply(reply)),
        () => this.#close(),
      );
    });
  }

  subscribe(request: SubscribeRequest, onUpdate: (update: Update) => void): void {
    this.#sendToServer(() => {
      void this.#open(request, onUpdate);
    });
  }

  /** Nothing passes any more, and nobody is told. */
  silence(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#toServer.cut();
    this.#toClient.cut();
    this.#scheduler.after(this.process.host, ghostMs, () => this.#leave());
  }

  /** It is lost with all that was on its way, and both sides hear of it. */
  cut(): void {
    if (this.#isOver || this.#isSilent) return;
    this.silence();
    this.#scheduler.after(this.process.host, 0, () => this.#leave());
    this.#scheduler.after(this.#client, 0, () => this.onLost());
  }

  /** The client has had enough of it. */
  drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#toClient.cut();
    if (!this.#isSilent) this.#toServer.send(() => this.#leave());
  }

  async #open(request: SubscribeRequest, onUpdate: (update: Update) => void): Promise<void> {
    const { signal } = this.#leaving;
    try {
      const subscription = await this.process.subscribe(request, this.#client.name, signal);
      if (signal.aborted) return subscription.leave();
      this.#subscription = subscription;
      subscription.start({
        send: (frame) => this.#send(frame, onUpdate),
        ready: () => this.#ready(),
        disconnect: (reason) => {
          this.#scheduler.note(`${this.process.host.name} disconnects ${this.#client.name}: ${reason}`);
          this.#close();
        },
      });
    } catch (error) {
      // Whatever it was, a client comes back: nothing here is final.
      this.#scheduler.note(`${this.process.host.name} refuses ${this.#client.name}: ${String(error)}`);
      this.#close();
    }
  }

  #send({ payload }: Frame, onUpdate: (update: Update) => void): void {
    this.#unread += 1;
    const { data } = JSON.parse(payload.toString()) as { readonly data: { readonly counted: Update } };
    this.#sendToClient(() => {
      this.#unread -= 1;
      if (this.#unread < maxUnread) this.#tellRoom();
      onUpdate(data.counted);
    });
  }

  #ready(): Promise<void> | undefined {
    if (this.#unread < maxUnread) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  #tellRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** By the process: the client hears of it behind all that was sent. */
  #close(): void {
    this.#leave();
    this.#sendToClient(() => this.onLost());
  }

  #leave(): void {
    this.#leaving.abort();
    this.#subscription?.leave();
    this.#subscription = undefined;
  }

  #sendToServer(message: () => void): void {
    if (!this.#isSilent && !this.#isOver) this.#toServer.send(message);
  }

  #sendToClient(message: () => void): void {
    if (!this.#isSilent && !this.#isOver) this.#toClient.send(message);
  }
}
