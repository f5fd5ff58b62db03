/** The way between a client and a process: messages go both ways, each in order, until it is cut, goes silent or is left. */
import { createHost, type Host, type Scheduler, type Wire } from './scheduler.ts';

/** A path that keeps what is on its way is silent for so long at the most, milliseconds: then it is cut, or forwards again. */
const maxSilentMs = 60_000;
/** What happens on the way happens whoever stands still. */
const network = createHost('network');
/** After so long the process takes a client for gone of whom it hears nothing, milliseconds. */
const ghostMs = 8_000;

export interface PathOptions {
  readonly scheduler: Scheduler;
  readonly client: Host;
  readonly server: Host;
  /** Whether what is on its way when it goes silent may arrive yet. Else it is lost, and the process finds out by itself. */
  readonly keepsSilent?: boolean;
}

export class Path {
  readonly #options: PathOptions;
  readonly #toServer: Wire;
  readonly #toClient: Wire;
  #isSilent = false;
  #isLeft = false;
  #isCut = false;
  #hearGone: () => void = () => {};
  #hearLost: () => void = () => {};

  constructor(options: PathOptions) {
    const { scheduler, client, server } = options;
    this.#options = options;
    this.#toServer = scheduler.wire(`${client.name} > ${server.name}`, server);
    this.#toClient = scheduler.wire(`${server.name} > ${client.name}`, client);
  }

  /** Whether a ping would be answered. */
  get isAlive(): boolean {
    const { server } = this.#options;
    return !this.#isLeft && !this.#isSilent && !this.#isCut && !server.isDead && !server.isFrozen;
  }

  /** `listener` is called at the process when it hears that the client is gone. */
  onGone(listener: () => void): void {
    this.#hearGone = listener;
  }

  /** `listener` is called at the client when it hears that the connection is lost. */
  onLost(listener: () => void): void {
    this.#hearLost = listener;
  }

  toServer(message: () => void): void {
    if (!this.#isCut && !this.#isLeft && this.#isOpen) this.#toServer.send(message);
  }

  toClient(message: () => void): void {
    if (!this.#isCut && !this.#isLeft && this.#isOpen) this.#toClient.send(message);
  }

  /** The process has ended the connection, of which the client hears behind all that is on its way. */
  endAtClient(): void {
    this.toClient(() => this.#hearLost());
  }

  /** Nothing passes any more, and nobody is told. */
  silence(): void {
    const { scheduler, keepsSilent } = this.#options;
    if (this.#isSilent || this.#isCut) return;
    this.#isSilent = true;
    if (!keepsSilent) return this.#lose();
    this.#hold(Infinity);
    scheduler.after(network, scheduler.random() * maxSilentMs, () => {
      if (scheduler.chance(0.5)) this.#forward();
      else this.cut();
    });
  }

  /** It is lost with all that was on its way, and both sides hear of it. */
  cut(): void {
    const { scheduler, client, server, keepsSilent } = this.#options;
    if (this.#isCut || (this.#isSilent && !keepsSilent)) return;
    this.#isCut = true;
    this.#lose();
    scheduler.after(server, 0, () => this.#hearGone());
    scheduler.after(client, 0, () => this.#hearLost());
  }

  /** The client has had enough of it. */
  leave(): void {
    if (this.#isLeft) return;
    this.#toClient.cut();
    this.toServer(() => this.#hearGone());
    this.#isLeft = true;
  }

  get #isOpen(): boolean {
    return !this.#isSilent || this.#options.keepsSilent === true;
  }

  #forward(): void {
    this.#isSilent = false;
    this.#hold(0);
  }

  #lose(): void {
    const { scheduler, server } = this.#options;
    this.#toServer.cut();
    this.#toClient.cut();
    scheduler.after(server, ghostMs, () => this.#hearGone());
  }

  /** Until so many steps were done nothing arrives. */
  #hold(steps: number): void {
    this.#toServer.heldUntil = steps;
    this.#toClient.heldUntil = steps;
  }
}
