/** Knows what stock clients may expect of a simulated world, and what has gone wrong in it that excuses the service. */
import { answerTimeoutMs } from '../../src/stores/peers/peers.ts';
import { followedOf, Holding, type KeptPlace, type StockOperation } from './stock-operation.ts';
import type { Host, Scheduler } from './scheduler.ts';
import type { Update } from './streams.ts';

/** Of the resume window of the simulated service, milliseconds. */
export const windowMs = 60_000;
/** Where nothing was in the way for so long, nothing that was is felt any more, milliseconds. */
export const calmMs = 10_000;
/** What is told once a second has been told after so long, where nothing was in the way, milliseconds. */
const toldMs = 5_000;

/** The promise was broken. */
export class Violation extends Error {}

export class Referee {
  readonly #scheduler: Scheduler;
  /** What must be told at the next step: it was found within the service, which handles what is thrown there. */
  #violation: Violation | undefined;
  readonly #holdings = new Map<string, Holding>();
  /** When something last happened to a host that may hold it up. */
  readonly #disturbedAt = new Map<Host, number>();
  #allDisturbedAt = -Infinity;
  /** When something last happened to anybody. */
  #anyDisturbedAt = -Infinity;
  #moment = 0;
  #losses = 0;
  /** Of slots that others may have: those of which nobody has said that they hold them. */
  readonly #gone = new Set<Holding>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** @throws Violation that was found since it was last called */
  throwIfFound(): void {
    if (this.#violation) throw this.#violation;
  }

  find(what: string): void {
    this.#violation ??= new Violation(what);
  }

  /** Something is in the way of this host, or of all. */
  disturb(host: Host | null): void {
    this.#anyDisturbedAt = this.#scheduler.now;
    if (host) this.#disturbedAt.set(host, this.#scheduler.now);
    else this.#allDisturbedAt = this.#scheduler.now;
  }

  /** A process has begun, of which others know nothing yet. */
  noteStart(): void {
    this.#anyDisturbedAt = this.#scheduler.now;
  }

  isCalm(host: Host, since: number): boolean {
    if (host.isFrozen || host.isDead) return false;
    return Math.max(this.#allDisturbedAt, this.#disturbedAt.get(host) ?? -Infinity) < since;
  }

  /** The store of slots is lost with all it had. */
  loseStore(): void {
    this.#losses += 1;
    for (const operation of this.#operations()) operation.loseStore();
  }

  /** The store may come back as it is now. Returns what notes that it has. */
  copyStore(): () => void {
    const copied = new Map<StockOperation, KeptPlace>();
    for (const operation of this.#operations()) copied.set(operation, operation.copyPlace());
    return () => {
      this.#losses += 1;
      for (const operation of this.#operations()) operation.rollBack(copied.get(operation) ?? null);
    };
  }

  #operations(): ReadonlySet<StockOperation> {
    return new Set([...this.#holdings.values()].map(({ operation }) => operation));
  }

  hold(generation: string, operation: StockOperation, process: Host): Holding {
    const holding = new Holding(operation, process, this.#holdings.size);
    this.#holdings.set(generation, holding);
    return holding;
  }

  holding(generation: string): Holding {
    return this.#holdings.get(generation)!;
  }

  /** The store has said that it is held. */
  noteKept(holding: Holding): void {
    holding.keptAt = this.#scheduler.now;
    holding.keptBehind = this.#losses;
  }

  /** All were asked at a time who holds it, and nobody has said so. */
  noteGone(holding: Holding, askedAt: number): void {
    this.#gone.add(holding);
    const { isLeft, process } = holding;
    const hadTime = this.#scheduler.now - askedAt >= answerTimeoutMs;
    // Whoever stands still serves nobody, and may not have said yet that it is there.
    if (hadTime || isLeft || this.#anyDisturbedAt >= askedAt - calmMs || process.isDead || process.isFrozen)
      return;
    this.find(`nobody holds the slot of ${holding.label} any more, says ${process.name}, which lives`);
  }

  /** Others have taken a slot that its holder has not left. */
  noteTaken(holding: Holding): void {
    const { isLeft, keptAt, keptBehind, label } = holding;
    const mayBeLost = keptBehind !== this.#losses || this.#scheduler.now - keptAt >= windowMs;
    if (isLeft || mayBeLost || this.#gone.has(holding)) return;
    this.find(`the slot of ${label} was taken, and nobody was asked whether it lives`);
  }

  /** A new one, behind all others. */
  moment(): number {
    return (this.#moment += 1);
  }

  /** The store has written what was asked at a moment. */
  noteWritten(holding: Holding, askedAt: number): void {
    const { operation, process, taken } = holding;
    const newest = operation.latest?.taken;
    if (!taken || !newest || newest === taken || newest.losses !== operation.losses) return;
    if (taken.answeredAt < newest.askedAt && newest.answeredAt < askedAt)
      this.find(
        `${process.name} writes to the slot of ${holding.label}, which ${operation.latest!.process.name} has taken for its stream ${operation.latest!.number}`,
      );
  }

  /** A slot was left which the store had lost. It is made again, so that its client misses nothing. */
  noteLostEnd({ operation, process, label }: Holding): void {
    const { losses, latest } = operation;
    const since = this.#scheduler.now;
    this.#scheduler.after(clock, toldMs, () => {
      const isAsBefore = operation.losses === losses && operation.latest === latest;
      if (isAsBefore && !operation.hasPlace && this.isCalm(process, since - calmMs))
        this.find(`${process.name} has left the slot of ${label}, which is not there`);
    });
  }

  /** A frame is sent to a client. */
  noteSent(holding: Holding, update: Update): void {
    const { name, version } = update;
    holding.sent.set(name, version);
    if (update.kind === 'FOLLOWED') {
      const followed = followedOf(update);
      holding.sent.set(followed.name, followed.version);
    }
    const { latest } = holding.operation;
    if (!latest || latest === holding || latest.takenAt === null || holding.isContested) return;
    if (latest.number < holding.number) return;
    const isLate =
      this.#scheduler.now - latest.takenAt > toldMs && this.isCalm(holding.process, latest.takenAt - calmMs);
    if ((latest.replaces && latest.process === holding.process) || isLate)
      this.find(
        `${holding.process.name} sends ${name} ${version} to a ghost: ${holding.label} came back to ${latest.process.name} for stream ${latest.number}`,
      );
  }

  /** The client has acknowledged what it was asked for. `isHeld`: whether its slot is held now. */
  noteAcknowledged(holding: Holding, isHeld: () => boolean): void {
    const { operation, asked, process } = holding;
    if (!asked) return;
    holding.asked = null;
    holding.acknowledged = asked;
    const { label } = operation;
    for (const [name, version] of asked)
      if ((holding.shown.get(name) ?? 0) < version)
        this.find(
          `${process.name} takes ${name} ${version} for acknowledged, which ${label} was never shown`,
        );
    const since = this.#scheduler.now;
    if (!isHeld()) return;
    this.#scheduler.after(clock, toldMs, () => {
      if (!isHeld() || operation.latest !== holding || !this.isCalm(process, since - calmMs)) return;
      // What it was told before it was lost with all it had, it is told with the next renewal.
      if (!operation.hasPlace && holding.hasSaid(asked)) return;
      if (!operation.isTold(asked)) this.find(`${process.name} has not told what ${label} has acknowledged`);
    });
  }
}

/** What is looked at later is looked at whoever stands still. */
const clock: Host = { name: 'referee', isFrozen: false, isDead: false };
