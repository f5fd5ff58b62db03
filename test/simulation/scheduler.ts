/**
 * What happens next in a simulated world: one thing at a time, chosen by the seed among all that may happen. There is no
 * other time, and nothing waits for the machine: a run with the same seed is the same, to the step.
 */
import type { Random } from '../../src/cli/replay/random.ts';
import { createSleep, type Clock, type WallTime } from '../../src/lib/clock.ts';
import type { EventLoop } from './event-loop.ts';

/** Something to which messages are sent, and whose timers run. */
export interface Host {
  readonly name: string;
  /** Runs nothing until it is thawed; what is sent to it waits. */
  isFrozen: boolean;
  /** Never runs anything any more. */
  isDead: boolean;
}

export const createHost = (name: string): Host => ({ name, isFrozen: false, isDead: false });

/** Messages to one host, in the order in which they were sent. */
export class Wire {
  readonly to: Host;
  readonly label: string;
  readonly messages: (() => void)[] = [];
  /** Until so many steps were done, nothing arrives: one way is slower than another, or silent for as long as it is `Infinity`. */
  heldUntil = 0;
  readonly #busy: Wire[];

  /** `busy`: those of a world that have messages, in the order in which they began to have some. */
  constructor(label: string, to: Host, busy: Wire[]) {
    this.label = label;
    this.to = to;
    this.#busy = busy;
  }

  send(message: () => void): void {
    if (this.to.isDead) return;
    if (this.messages.push(message) === 1) this.#busy.push(this);
  }

  /** Loses what is on its way. */
  cut(): void {
    if (this.messages.length === 0) return;
    this.messages.length = 0;
    this.#rest();
  }

  deliver(): void {
    const message = this.messages.shift();
    if (!message) return;
    if (this.messages.length === 0) this.#rest();
    message();
  }

  #rest(): void {
    takeOut(this.#busy, this.#busy.indexOf(this));
  }
}

/** As `splice`, which makes a list of what it has taken out. */
function takeOut<T>(list: T[], at: number): void {
  for (let index = at + 1; index < list.length; index += 1) list[index - 1] = list[index]!;
  list.pop();
}

interface Timer {
  readonly host: Host;
  readonly at: number;
  readonly run: () => void;
  isDone: boolean;
}

/** Of the steps in which something could be delivered, the share in which time passes instead. */
const timeShare = 0.15;
const maxHeldSteps = 100;

export class Scheduler {
  readonly random: Random;
  readonly eventLoop: EventLoop;
  /** What was done, where that is wanted: the same run says it again. */
  readonly trace: string[] = [];
  readonly #keepsTrace: boolean;
  /** In this order, so that a choice by number is the same in each run. */
  readonly #busy: Wire[] = [];
  /** The next one last; of those of one time, that which was made first. */
  #timers: Timer[] = [];
  #now = Date.UTC(2026, 0, 1);
  #steps = 0;
  #slowUntil = 0;

  constructor(random: Random, eventLoop: EventLoop, keepsTrace: boolean) {
    this.random = random;
    this.eventLoop = eventLoop;
    this.#keepsTrace = keepsTrace;
  }

  get now(): number {
    return this.#now;
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  wire(label: string, to: Host): Wire {
    return new Wire(label, to, this.#busy);
  }

  after(host: Host, delayMs: number, run: () => void): () => void {
    const timer = { host, at: this.#now + Math.max(0, Math.round(delayMs)), run, isDone: false };
    const timers = this.#timers;
    let place = timers.push(timer) - 1;
    for (; place > 0 && timers[place - 1]!.at <= timer.at; place -= 1) timers[place] = timers[place - 1]!;
    timers[place] = timer;
    return () => this.#delete(timer);
  }

  #delete(timer: Timer): void {
    if (timer.isDone) return;
    timer.isDone = true;
    takeOut(this.#timers, this.#timers.lastIndexOf(timer));
  }

  /** `what` is asked for where it is kept. */
  note(what: () => string): void {
    if (this.#keepsTrace) this.trace.push(`${this.#now - Date.UTC(2026, 0, 1)} ${what()}`);
  }

  /**
   * Does one thing. Resolves when all was done that follows from it at once. Null where nothing is left to be done before `until`.
   */
  step(until = Infinity): Promise<void> | null {
    this.#steps += 1;
    const ready = this.#countReady();
    const timer = this.#nextTimer();
    if (timer && timer.at <= until && (ready === 0 || this.chance(timeShare))) this.#fire(timer);
    else if (ready > 0) this.#deliver(this.#readyAt(Math.floor(this.random() * ready)));
    else if (this.#busy.length === 0 || until < this.#now) return null;
    return this.eventLoop.nextTurn();
  }

  #isReady({ to, heldUntil }: Wire): boolean {
    return !to.isFrozen && !to.isDead && heldUntil <= this.#steps;
  }

  #countReady(): number {
    let count = 0;
    for (const wire of this.#busy) if (this.#isReady(wire)) count += 1;
    return count;
  }

  /** Of those that may deliver something. */
  #readyAt(index: number): Wire {
    let left = index;
    for (const wire of this.#busy) if (this.#isReady(wire) && (left -= 1) < 0) return wire;
    throw new Error(`There is no wire ${index}.`);
  }

  /** What is on its way somewhere takes long. */
  holdOne(): void {
    const wire = this.#busy[Math.floor(this.random() * this.#busy.length)];
    if (!wire || wire.heldUntil === Infinity) return;
    wire.heldUntil = this.#steps + Math.floor(this.random() * maxHeldSteps);
    this.#slowUntil = Math.max(this.#slowUntil, wire.heldUntil);
  }

  /** Whether some way takes long. */
  get isSlow(): boolean {
    return this.#steps <= this.#slowUntil;
  }

  /** What belongs to a host that has died is forgotten. */
  forget(host: Host): void {
    for (const timer of this.#timers) timer.isDone ||= timer.host === host;
    this.#timers = this.#timers.filter(({ isDone }) => !isDone);
    for (const wire of this.#busy.filter(({ to }) => to === host)) wire.cut();
  }

  #nextTimer(): Timer | undefined {
    for (let index = this.#timers.length - 1; index >= 0; index -= 1)
      if (!this.#timers[index]!.host.isFrozen) return this.#timers[index];
    return undefined;
  }

  #fire(timer: Timer): void {
    this.#delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    this.note(() => `${timer.host.name}: a timer`);
    timer.run();
  }

  #deliver(wire: Wire): void {
    // So that two events rarely have the same date, and sometimes do.
    if (this.chance(0.5)) this.#now += 1;
    this.note(() => wire.label);
    wire.deliver();
  }
}

/** The clock of one host; `skewMs`: by how much it is ahead of the others. */
export function clockOf(scheduler: Scheduler, host: Host, skewMs = 0): Clock {
  const after = (delayMs: number, run: () => void) => scheduler.after(host, delayMs, run);
  return {
    now: () => (scheduler.now + skewMs) as WallTime,
    elapsed: () => scheduler.now,
    after,
    sleep: createSleep(after),
  };
}
