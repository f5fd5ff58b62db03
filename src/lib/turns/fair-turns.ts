/** Turns for work of many owners: none of them has more than a few at a time, and all who wait have one in a round. */

export interface FairTurnsOptions {
  /** Of all owners together. */
  readonly maxAtOnce: number;
  readonly maxPerOwner: number;
}

interface Owner {
  running: number;
  /** First come, first served. Each begins its turn. */
  readonly waiting: Set<() => void>;
}

export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** Of whom something runs or waits; who had a turn last stands last. */
  readonly #owners = new Map<string, Owner>();
  #running = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** Runs `work` when it is its turn, and settles like it; rejects when `signal` is aborted before. */
  async run<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const owner = this.#owners.get(name) ?? { running: 0, waiting: new Set() };
    this.#owners.set(name, owner);
    try {
      await this.#turn(name, owner, signal);
    } finally {
      this.#forgetIfIdle(name, owner);
    }
    try {
      return await work();
    } finally {
      this.#running -= 1;
      owner.running -= 1;
      this.#moveBack(name, owner);
      this.#forgetIfIdle(name, owner);
      this.#beginNext();
    }
  }

  /** Resolves with the turn taken. */
  #turn(name: string, owner: Owner, signal: AbortSignal): Promise<void> | undefined {
    signal.throwIfAborted();
    if (owner.waiting.size === 0 && this.#mayRun(owner)) {
      this.#begin(name, owner);
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      owner.waiting.delete(begin);
      reject(signal.reason as Error);
    };
    owner.waiting.add(begin);
    signal.addEventListener('abort', giveUp, { once: true });
    return promise;
  }

  #mayRun({ running }: Owner): boolean {
    return this.#running < this.#options.maxAtOnce && running < this.#options.maxPerOwner;
  }

  #begin(name: string, owner: Owner): void {
    this.#running += 1;
    owner.running += 1;
    this.#moveBack(name, owner);
  }

  #moveBack(name: string, owner: Owner): void {
    this.#owners.delete(name);
    this.#owners.set(name, owner);
  }

  #beginNext(): void {
    for (const [name, owner] of this.#owners) {
      const [first] = owner.waiting;
      if (!first || !this.#mayRun(owner)) continue;
      owner.waiting.delete(first);
      this.#begin(name, owner);
      first();
      return;
    }
  }

  #forgetIfIdle(name: string, { running, waiting }: Owner): void {
    if (running === 0 && waiting.size === 0) this.#owners.delete(name);
  }
}
