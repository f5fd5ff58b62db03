/** A simulated process of the service: its own hub, event log, slots and relay, over simulated connections. */
import { Relay, type RelayRequest } from '../../src/db/relay.ts';
import { RelayedProof } from '../../src/db/relayed/relayed-proof.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Turns } from '../../src/lib/turns/turns.ts';
import { Executor } from '../../src/operations/executor.ts';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import type { Hub } from '../../src/realtime/hub.ts';
import type { Resumption } from '../../src/realtime/resumption.ts';
import { createHeldElsewhere } from '../../src/realtime/slots/held-elsewhere.ts';
import { SlotKeeper } from '../../src/realtime/slots/slot-keeper.ts';
import type { EventLog } from '../../src/stores/event-log/event-log.ts';
import { heldFor } from '../../src/stores/slots/slots.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import { createPlainHub, createPlainOperations } from '../support/plain-hub.ts';
import { QuickKeys } from './quick-keys.ts';
import {
  boardTopic,
  type Count,
  type DatabaseConnection,
  type SimulatedRecord,
  type StoredCount,
} from './record.ts';
import { windowMs, type Referee } from './referee.ts';
import { clockOf, createHost, type Host, type Scheduler } from './scheduler.ts';
import { keepAliveMs, type ServerConnection } from './server-connection.ts';
import { log, maxAgeMs, maxEvents, metrics, type ConnectStores, type ProcessStores } from './stores.ts';
import {
  boardFilter,
  countedSource,
  followedSource,
  queryOf,
  schema,
  type SubscribeRequest,
} from './streams.ts';
import { WatchedSlots } from './watched-slots.ts';

/** Longer than in `Sessions`: a question that comes later must not matter. */
const roundMs = 1_000;
/** After so long a process that ends is gone, whoever has not left it, milliseconds. */
const drainMs = 4_000;
/** As the service has it. */
const lookBackMs = heldFor({ windowMs }) + 2 * keepAliveMs;

// What all processes may share without knowing of each other: none of it changes what happens.
const executor = new Executor(schema);
const operations = createPlainOperations(schema);
const cursorKeys = new QuickKeys();

const passing = ({ topic, event }: RelayRequest) => ({ topic, event: { ...event, passes: [boardFilter] } });

export interface ProcessOptions {
  readonly scheduler: Scheduler;
  readonly record: SimulatedRecord;
  readonly connectStores: ConnectStores;
  /** Null where no client has a slot. */
  readonly referee: Referee | null;
  readonly name: string;
  /** Whether none was there before it. */
  readonly isFirst: boolean;
  /** Whether it says what events pass when it appends them. Those of an older release do not. */
  readonly saysWhatPasses: boolean;
  /** Whether clients may have ids that others have as well, so that processes ask each other who holds what. */
  readonly hasSharedIds: boolean;
  /** Whether Redis may come back older, so that it looks whether what was relayed is still there. */
  readonly provesRelayed: boolean;
}

/** Who subscribes. */
interface Asking {
  readonly viewerId: string;
  readonly signal: AbortSignal;
  readonly resumption?: Resumption;
}

export class SimulatedProcess {
  readonly host: Host;
  readonly database: DatabaseConnection;
  /** Null where no client has a slot. */
  readonly keeper: SlotKeeper | null;
  readonly connections = new Set<ServerConnection>();
  readonly #options: ProcessOptions;
  readonly #stores: ProcessStores;
  readonly #hub: Hub;
  isDraining = false;

  constructor(options: ProcessOptions) {
    const { scheduler, record, connectStores, name, referee, saysWhatPasses } = options;
    this.#options = options;
    this.host = createHost(name);
    const clock = clockOf(scheduler, this.host);
    this.database = record.connect(this.host);
    this.#stores = connectStores(this.host, clock);
    const { eventLog } = this.#stores;
    // Now and then a turn of the event loop is over before its work is done.
    let worked = 0;
    const turns = new Turns(() => scheduler.now + (worked += scheduler.chance(0.02) ? 30 : 0));
    this.#hub = createPlainHub({
      ...{ executor, eventLog, clock, turns, metrics, log },
      cursors: {
        ...{ keys: cursorKeys, maxAgeMs },
        oldestUnrelayed: () => this.database.read((read) => read.oldestUnrelayed),
      },
      lingerMs: 5_000,
    });
    const relay = new Relay({
      database: this.database,
      ...(options.provesRelayed && { proof: this.#proof(clock) }),
      beginTurns: () => eventLog.beginTurns(),
      append: (requests, turn) => eventLog.append(saysWhatPasses ? requests.map(passing) : requests, turn),
      keptEvents: maxEvents,
      clock,
      log,
      metrics,
    });
    relay.start();
    if (options.provesRelayed) this.#stores.onReconnect(() => relay.retry());
    this.keeper = referee && this.#keepSlots(referee, clock);
  }

  /** What the record has, whoever can read it at the moment: for those who judge. */
  get truth(): readonly StoredCount[] {
    return this.#options.record.stored;
  }

  /** Nothing of it runs from now on. */
  kill(): void {
    this.host.isDead = true;
    this.#options.scheduler.forget(this.host);
    this.#stores.disconnect();
  }

  /** Takes a new connection. Returns whether it does. */
  admit(connection: ServerConnection): boolean {
    if (!this.isDraining) this.connections.add(connection);
    return !this.isDraining;
  }

  /** Asks all clients to leave, and then ends. */
  drain(onDone: () => void): void {
    const { scheduler } = this.#options;
    this.isDraining = true;
    scheduler.after(this.host, 0, () => {
      for (const connection of this.connections) connection.restart();
      scheduler.after(this.host, drainMs, onDone);
    });
  }

  subscribe(request: SubscribeRequest, asking: Asking): Promise<HubSubscription> {
    const { operation, errors } = operations.find(queryOf(request), null, true);
    if (errors) throw new AggregateError(errors);
    const { name, after, isFollowed } = request;
    const open = (source: SubscriptionSource) =>
      this.#hub.open(operation, { name, after }, source, { scope: {}, ...asking });
    if (isFollowed) return followedSource(after, asking.viewerId, this.database).then(open);
    return open(countedSource(request, this.database));
  }

  /** The board as a query lists it, with the cursor from which its changes follow. */
  async list(): Promise<{ readonly cursor: string; readonly counts: readonly Count[] }> {
    const at = this.#options.scheduler.now;
    const position = await this.#stores.eventLog.position(boardTopic);
    const counts = await this.database.read((record) => record.counts);
    return { cursor: createCursorFormat(boardTopic, cursorKeys).format({ ...position, at }), counts };
  }

  #proof(clock: Clock): RelayedProof {
    const { eventLog } = this.#stores;
    const findMissing: EventLog['findMissing'] = (events) => eventLog.findMissing(events);
    return new RelayedProof({ relayed: this.database.relayed, findMissing, clock, log });
  }

  #keepSlots(referee: Referee, clock: Clock): SlotKeeper {
    const { slots: connect, onReconnect } = this.#stores;
    const slots = connect();
    if (this.#options.isFirst) this.#stores.declareNew(slots);
    const watched = new WatchedSlots({
      ...{ slots, referee },
      now: () => clock.elapsed(),
      truth: () => this.truth,
      note: (what) => this.#options.scheduler.note(() => `${this.host.name} ${what()}`),
      onAway: () => referee.disturb(this.host),
    });
    const peers = this.#options.hasSharedIds ? this.#stores.peers() : null;
    const isHeldElsewhere = peers
      ? watched.askingWhoHolds(createHeldElsewhere(peers))
      : () => Promise.reject(new Error("All ids are their clients' own."));
    const keeper = new SlotKeeper({ slots: watched, lookBackMs, isHeldElsewhere, clock, metrics, log });
    peers?.listen(async (question) => {
      if (question.kind !== 'slots') throw new Error(`Nobody asks for ${question.kind}.`);
      return { kind: 'slots', held: question.generations.filter((generation) => keeper.holds(generation)) };
    });
    onReconnect(() => keeper.renewAll());
    this.#nextRound(clock);
    return keeper;
  }

  #nextRound(clock: Clock): void {
    clock.after(roundMs, () => {
      for (const connection of this.connections) connection.tick(clock.elapsed());
      this.#nextRound(clock);
    });
  }
}
