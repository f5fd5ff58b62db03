/** Who is in a simulated world: its processes, and the clients that come to them. */
import { pick } from '../../src/cli/replay/random.ts';
import { SimulatedClient, type Participant } from './client.ts';
import type { Cast } from './faults.ts';
import { SimulatedProcess } from './process.ts';
import type { SimulatedRecord } from './record.ts';
import type { Referee } from './referee.ts';
import type { Scheduler } from './scheduler.ts';
import { StockClient } from './stock-client.ts';
import type { Wish } from './stock-operation.ts';
import type { ConnectStores } from './stores.ts';

const board: Wish = { name: null };
const listed: Wish = { name: null, isListed: true };
const followed: Wish = { name: null, isFollowed: true };
const one = (name: string): Wish => ({ name });
/** Of each cast: processes, clients that keep their cursors, and what each stock client subscribes to. */
const casting: Readonly<Record<Cast, Casting>> = {
  cursors: { processes: 3, keepers: 6, stock: [] },
  dropping: { processes: 3, keepers: 6, stock: [] },
  stock: {
    processes: 3,
    keepers: 2,
    stock: [[one('a')], [board], [followed], [one('b'), board, followed], [listed]],
  },
  embedded: { processes: 1, keepers: 1, stock: [[one('a'), listed], [board], [followed]] },
  // Few processes, so that clients meet their own ghosts.
  roaming: { processes: 2, keepers: 1, stock: [[one('a'), board], [board], [followed], [listed, followed]] },
  routers: {
    processes: 3,
    keepers: 1,
    stock: [[board], [one('a'), board], [board, one('a')], [board]],
    replicas: 3,
  },
};
/** Of events on their way, those that are dropped. */
const droppedShare = 0.1;
/** Of processes, those of a release that did not say what events pass. */
const olderShare = 0.2;

interface Casting {
  readonly processes: number;
  readonly keepers: number;
  readonly stock: readonly (readonly Wish[])[];
  /** How many of them are replicas of one router, the last ones. */
  readonly replicas?: number;
}

export interface PopulationOptions {
  readonly scheduler: Scheduler;
  readonly names: readonly string[];
  readonly record: SimulatedRecord;
  readonly referee: Referee;
  readonly cast: Cast;
  readonly connectStores: ConnectStores;
  readonly comesBackOlder: boolean;
}

export class Population {
  readonly processes: SimulatedProcess[] = [];
  readonly clients: Participant[] = [];
  /** Those of the clients that keep their cursors. */
  readonly keepers: SimulatedClient[] = [];
  /** Those of the clients that do nothing for delivery. */
  readonly stock: StockClient[] = [];
  /** Whether something between clients and processes drops events. */
  isDropping = true;
  readonly #options: PopulationOptions;
  #started = 0;

  constructor(options: PopulationOptions) {
    this.#options = options;
    const { processes, keepers, stock, replicas = 0 } = casting[options.cast];
    for (let number = 0; number < processes; number += 1) this.start();
    for (let number = 1; number <= keepers; number += 1) this.#keeper(number);
    for (const [index, wishes] of stock.entries())
      this.#stockClient(keepers + index + 1, wishes, index >= stock.length - replicas);
  }

  start(): void {
    this.#started += 1;
    this.#options.referee.noteStart();
    const { scheduler, record, cast, referee, connectStores, comesBackOlder } = this.#options;
    this.processes.push(
      new SimulatedProcess({
        ...{ scheduler, record, connectStores },
        referee: casting[cast].stock.length === 0 ? null : referee,
        name: `process ${this.#started}`,
        isFirst: this.#started === 1,
        saysWhatPasses: cast === 'dropping' && !scheduler.chance(olderShare),
        hasSharedIds: casting[cast].replicas !== undefined,
        provesRelayed: comesBackOlder,
      }),
    );
  }

  /** A process is gone at once, with all that it has. */
  end(process: SimulatedProcess): void {
    if (process.host.isDead) return;
    this.processes.splice(this.processes.indexOf(process), 1);
    process.kill();
    for (const client of this.clients) if (client.isOn(process)) client.cut();
  }

  /** One that takes new connections. */
  findProcess(): SimulatedProcess {
    return this.#pick(this.processes.filter(({ isDraining }) => !isDraining));
  }

  #keeper(number: number): void {
    const { scheduler, names, cast } = this.#options;
    const client = new SimulatedClient({
      scheduler,
      clientName: `client ${number}`,
      name: number % 2 === 0 ? null : this.#pick(names),
      findProcess: () => this.findProcess(),
      isDropped: cast === 'dropping' ? () => this.isDropping && scheduler.chance(droppedShare) : undefined,
    });
    this.keepers.push(client);
    this.clients.push(client);
  }

  #stockClient(number: number, wishes: readonly Wish[], isReplica: boolean): void {
    const { scheduler, record, referee, names } = this.#options;
    const clientName = `client ${number}`;
    if (wishes.includes(followed)) record.follow(clientName, this.#pick(names));
    const findProcess = () => this.findProcess();
    const about = { scheduler, record, referee, clientName, wishes, isReplica };
    const client = new StockClient({ ...about, findProcess });
    this.stock.push(client);
    this.clients.push(client);
  }

  #pick<T>(items: readonly T[]): T {
    return pick(this.#options.scheduler.random, items as readonly [T, ...T[]]);
  }
}
