/** The way of one client to the service: it breaks as networks do, and is there again for whoever connects anew. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/cli/replay/random.ts';
import { tCutProxy, type CutProxy, type SilentConnections } from '../support/cut-proxy.ts';
import { FaultLog } from './fault-log.ts';

/**
 * - `sockets cut`: both ends are told
 * - `paths silent`: nothing passes and nobody is told; then it is cut, or all that was sent arrives
 * - `sockets half-open`: the service is told, and the client later
 * - `networks changed`: the client is told, and the service later: until then it speaks to a ghost
 */
export const pathFaults = ['sockets cut', 'paths silent', 'sockets half-open', 'networks changed'] as const;
export type PathFault = (typeof pathFaults)[number];

export class ClientPath {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly faults = new FaultLog<PathFault>();
  readonly #proxy: CutProxy;
  #isBroken = false;

  private constructor(proxy: CutProxy) {
    this.#proxy = proxy;
    this.host = proxy.host;
  }

  static async open(url: string): Promise<ClientPath> {
    return new ClientPath(await tCutProxy(url));
  }

  get wsUrl(): string {
    return `ws://${this.host}/graphql`;
  }

  /** Breaks it, unless it is broken. Resolves when it is as it was, at the latest after `ms`; undefined where it was broken. */
  break(kind: PathFault, ms: number, random: Random): Promise<void> | undefined {
    if (this.#isBroken) return undefined;
    const over = this.faults.begin(kind);
    if (kind === 'sockets cut') {
      this.#proxy.cut();
      this.#proxy.mend();
      over();
      return Promise.resolve();
    }
    this.#isBroken = true;
    return this.#endSilence(this.#silence(kind), ms, kind === 'paths silent' && random() < 0.5).finally(
      () => {
        this.#isBroken = false;
        over();
      },
    );
  }

  #silence(kind: Exclude<PathFault, 'sockets cut'>): SilentConnections {
    if (kind === 'paths silent') return this.#proxy.silence();
    return this.#proxy.halfOpen(kind === 'networks changed' ? 'client' : 'service');
  }

  async #endSilence(silent: SilentConnections, ms: number, isForwarded: boolean): Promise<void> {
    await sleep(ms);
    if (isForwarded) silent.forward();
    else silent.cut();
  }
}
