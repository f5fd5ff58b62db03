/** Cuts off all clients and reconnects them at once; measures until each is live again, and what it lost. */
import { machineUs } from '../dispatch-event.ts';
import type { Load, Opening, Subscribing } from './load.ts';
import type { LoadSocket } from './load-socket.ts';

export interface StormFigures {
  /** From the first connection attempt until the last client received an event that was published after it had subscribed again. */
  readonly secondsUntilLive: number | null;
  readonly replayed: number;
}

interface Client {
  readonly sequence: number;
  readonly cursor: string | undefined;
}

const giveUpMs = 60_000;

export class Storm {
  readonly #load: Load;
  #clients: Client[] = [];

  constructor(load: Load) {
    this.#load = load;
  }

  /** Has every client keep the text of its newest event, from which the cursor is read. */
  watch(): void {
    for (const socket of this.#load.sockets) socket.keepsText = true;
  }

  /** Cuts off all clients, and remembers the newest cursor of each. */
  drop(): void {
    this.#clients = this.#load.sockets.map(({ sequence, cursor }) => ({ sequence, cursor }));
    this.#load.drop();
  }

  /** Reconnects all clients at once. */
  async reconnect(opening: Opening, subscribing: Subscribing): Promise<StormFigures> {
    const subscribedUs = new Map<LoadSocket, number>();
    const live = new Set<LoadSocket>();
    let replayed = 0;
    const beganUs = machineUs();
    let liveUs = beganUs;
    const load = this.#load;
    const onEvent = (socket: LoadSocket, publishedUs: number) => {
      if (publishedUs < subscribedUs.get(socket)!) replayed += 1;
      else if (!live.has(socket)) {
        live.add(socket);
        liveUs = machineUs();
      }
    };
    await load.openAllAtOnce(opening, onEvent, (socket, index) => {
      const { sequence, cursor } = this.#clients[index]!;
      socket.sequence = sequence;
      subscribedUs.set(socket, machineUs());
      load.subscribeOne(socket, index, subscribing, cursor);
    });
    while (live.size < opening.sockets && machineUs() - beganUs < giveUpMs * 1000) {
      load.check();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const isAllLive = live.size === opening.sockets;
    return { secondsUntilLive: isAllLive ? (liveUs - beganUs) / 1e6 : null, replayed };
  }

  /** Waits until no more events arrive, then counts those that clients missed, and those that they got twice. */
  async losses(timeoutMs: number): Promise<{ lost: number; doubled: number }> {
    const endUs = machineUs() + timeoutMs * 1000;
    let seen = -1;
    while (seen !== this.#load.deliveries && machineUs() < endUs) {
      seen = this.#load.deliveries;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const sum = (of: (socket: LoadSocket) => number) =>
      this.#load.sockets.reduce((total, socket) => total + of(socket), 0);
    return { lost: sum(({ missed }) => missed), doubled: sum(({ doubled }) => doubled) };
  }
}
