/** Owns the waiting for a turn: of any amount of work, only so much is done at a time. */

/** Runs `work` when it is its turn, and settles like it. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/** Turns in the order of asking, at most `maxAtOnce` at a time. */
export function createSemaphore(maxAtOnce: number): Semaphore {
  const waiting: (() => void)[] = [];
  let running = 0;

  function pass(): void {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }

  return async (work) => {
    if (running < maxAtOnce) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      pass();
    }
  };
}
