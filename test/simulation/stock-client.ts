/** A stock client: it keeps id and payload of its operations when it comes back, answers pings, and does nothing else for delivery. */
import type { Participant } from './client.ts';
import { Path } from './path.ts';
import type { SimulatedProcess } from './process.ts';
import type { Count, SimulatedRecord } from './record.ts';
import { Violation, type Referee } from './referee.ts';
import { createHost, clockOf, type Host, type Scheduler } from './scheduler.ts';
import { ServerConnection, type ClientEnd } from './server-connection.ts';
import { StockOperation, type Holding, type Wish } from './stock-operation.ts';
import type { Update } from './streams.ts';

/** After so long without a sign of its server, the client takes another connection, milliseconds. */
const silenceMs = 6_000;
const comeBackMs = 2_000;
const roamMs = 100;
/** An answer that is late comes after so long at the most, milliseconds. */
const lateMs = 3_000;
/** So long a replica has nobody who asks for what it has ended, milliseconds. */
const restMs = 20_000;
/** The viewer of whom all replicas have the token. */
const sharedViewer = 'viewer of the router';

const manners = ['prompt', 'late', 'never'] as const;

export interface StockClientOptions {
  readonly scheduler: Scheduler;
  readonly referee: Referee;
  readonly record: SimulatedRecord;
  readonly clientName: string;
  readonly wishes: readonly Wish[];
  /** Whether it is a replica of a router: all of them ask for the same viewer, and under the same ids. */
  readonly isReplica: boolean;
  /** Any process that takes new connections, be it frozen. */
  readonly findProcess: () => SimulatedProcess;
}

interface Socket {
  readonly path: Path;
  readonly process: SimulatedProcess;
  readonly server: ServerConnection;
  isAcknowledged: boolean;
}

export class StockClient implements Participant {
  readonly host: Host;
  readonly #options: StockClientOptions;
  readonly #operations: StockOperation[] = [];
  /** Whether its pongs have the payload of their pings. */
  readonly #echoes: boolean;
  #manners: (typeof manners)[number] = 'prompt';
  #socket: Socket | undefined;
  connects = 0;
  snapshots = 0;
  readonly gapsTold = 0;

  constructor(options: StockClientOptions) {
    this.#options = options;
    this.host = createHost(options.clientName);
    this.#echoes = options.scheduler.chance(0.5);
    for (const wish of options.wishes) this.#operations.push(this.#begin(wish));
    this.#connect();
  }

  /** Whether it watches what it follows. */
  get follows(): boolean {
    return this.#operations.some(({ wish }) => wish.isFollowed);
  }

  isOn(process: SimulatedProcess): boolean {
    return this.#socket?.process === process;
  }

  cut(): void {
    this.#socket?.path.cut();
  }

  silence(): void {
    this.#socket?.path.silence();
  }

  /** Its network changes: it is back at once, and nobody hears of what it had. Returns the process that has its ghost now. */
  roam(): SimulatedProcess | undefined {
    const socket = this.#socket;
    if (!socket) return undefined;
    socket.path.silence();
    this.#lose(socket, roamMs);
    return socket.process;
  }

  /** Begins or ceases to answer in time. */
  changeManners(): void {
    this.#manners = manners[Math.floor(this.#options.scheduler.random() * manners.length)]!;
  }

  behave(): void {
    this.#manners = 'prompt';
  }

  /** Ends an operation, and begins another one of the same. */
  renew(): void {
    const old = this.#pickOne();
    if (!old) return;
    const operation = this.#begin(old.wish);
    this.#operations[this.#operations.indexOf(old)] = operation;
    this.#complete(old);
    if (this.#socket?.isAcknowledged) this.#subscribe(this.#socket, operation);
  }

  /** The same, a while later. */
  rest(): void {
    const { scheduler } = this.#options;
    const old = this.#pickOne();
    if (!old) return;
    this.#operations.splice(this.#operations.indexOf(old), 1);
    this.#complete(old);
    scheduler.after(this.host, scheduler.random() * restMs, () => {
      const operation = this.#begin(old.wish);
      this.#operations.push(operation);
      if (this.#socket?.isAcknowledged) this.#subscribe(this.#socket, operation);
    });
  }

  #pickOne(): StockOperation | undefined {
    return this.#operations[Math.floor(this.#options.scheduler.random() * this.#operations.length)];
  }

  #complete({ id }: StockOperation): void {
    const socket = this.#socket;
    if (socket?.isAcknowledged) socket.path.toServer(() => socket.server.complete(id));
  }

  knows(count: Count): boolean {
    return this.#operations.every((operation) => !this.#shows(operation, count) || operation.knows(count));
  }

  wasShown(count: Count): boolean {
    return this.#operations.every((operation) => !this.#shows(operation, count) || operation.wasShown(count));
  }

  describe(): string {
    const known = this.#operations.map((operation) => operation.describe()).join(', ');
    return `${this.host.name} knows ${known}, ${this.#socket ? 'connected' : 'away'}`;
  }

  #shows({ wish }: StockOperation, { name }: Count): boolean {
    if (wish.isFollowed) return this.#options.record.followedBy(this.host.name).has(name);
    return wish.name === null || wish.name === name;
  }

  #begin(wish: Wish): StockOperation {
    const clientName = this.host.name;
    if (this.#options.isReplica) {
      // As a hash of what is asked for.
      const id = Buffer.from(wish.name ?? 'board')
        .toString('hex')
        .padEnd(64, '0');
      return new StockOperation({ id, clientName, viewerId: sharedViewer, wish, isShared: true });
    }
    const digits = () =>
      Math.floor(this.#options.scheduler.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    const [first, second] = [digits(), digits()];
    const id = `${first}-${second.slice(0, 4)}-4${second.slice(5)}-8${first.slice(5)}-${first}${second.slice(4)}`;
    return new StockOperation({ id, clientName, viewerId: clientName, wish, isShared: false });
  }

  #connect(): void {
    const { scheduler, referee, findProcess } = this.#options;
    this.connects += 1;
    const process = findProcess();
    const path = new Path({ scheduler, client: this.host, server: process.host, keepsSilent: true });
    const client = this.#endOf(() => socket);
    const clock = clockOf(scheduler, process.host);
    const server = new ServerConnection({ process, clock, path, client, referee });
    const socket: Socket = { path, process, server, isAcknowledged: false };
    this.#socket = socket;
    path.onLost(() => this.#lose(socket));
    scheduler.note(() => `${this.host.name} connects to ${process.host.name}`);
    path.toServer(() => {
      if (!process.admit(server)) return path.toClient(() => this.#lose(socket));
      path.toClient(() => {
        socket.isAcknowledged = true;
        for (const operation of this.#operations) this.#subscribe(socket, operation);
      });
    });
    this.#watch(socket);
  }

  #endOf(socketOf: () => Socket): ClientEnd {
    const { scheduler } = this.#options;
    return {
      viewerId: this.#options.isReplica ? sharedViewer : this.host.name,
      isCurrent: () => this.#socket === socketOf(),
      next: (holding, update) => this.#take(holding, update),
      ping: (payload) => {
        const { path, server } = socketOf();
        const answer = () => path.toServer(() => server.takePong(this.#echoes ? payload : undefined));
        if (this.#manners === 'prompt') answer();
        else if (this.#manners === 'late') scheduler.after(this.host, scheduler.random() * lateMs, answer);
      },
      closed: () => this.#lose(socketOf()),
    };
  }

  #subscribe({ path, server, process }: Socket, operation: StockOperation): void {
    if (!operation.wish.isListed || operation.after !== null)
      return path.toServer(() => server.subscribe(operation));
    path.toServer(() => {
      process.list().then(
        ({ cursor, counts }) =>
          path.toClient(() => {
            operation.beginAfter(cursor, counts);
            path.toServer(() => server.subscribe(operation));
          }),
        () => server.terminate(),
      );
    });
  }

  #take(holding: Holding, update: Update): void {
    const { operation } = holding;
    const { name, version, kind } = update;
    // It has completed it meanwhile.
    if (!this.#operations.includes(operation)) return void holding.shown.set(name, version);
    this.#options.scheduler.note(() => `${operation.label} is shown ${name} ${version}, ${kind}`);
    if (kind === 'SNAPSHOT') this.snapshots += 1;
    const followedSince = this.#options.record.followedBy(this.host.name).get(name)?.version;
    const wrong = operation.take(holding, update, followedSince);
    if (wrong !== undefined) throw new Violation(`${operation.label} is shown ${name} ${wrong}`);
  }

  #watch(socket: Socket): void {
    this.#options.scheduler.after(this.host, silenceMs, () => {
      if (this.#socket !== socket) return;
      if (socket.path.isAlive) this.#watch(socket);
      else this.#lose(socket);
    });
  }

  #lose(socket: Socket, withinMs = comeBackMs): void {
    if (this.#socket !== socket) return;
    const { scheduler } = this.#options;
    socket.path.leave();
    this.#socket = undefined;
    for (const operation of this.#operations) operation.leave(scheduler.now);
    scheduler.after(this.host, scheduler.random() * withinMs, () => this.#connect());
  }
}
