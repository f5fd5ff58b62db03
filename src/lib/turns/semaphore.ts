/** A semaphore: lets only so many pieces of work run at the same time. */

/** Runs `work` as soon as fewer than the most allowed are running, and settles like it. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs work in the order in which it comes, at most `maxAtOnce` pieces at a time. */
export function createSemaphore(maxAtOnce: number): Semaphore {
  const waiting: (() => void)[] = [];
  let running = 0;

  function startNext(): void {
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
      startNext();
    }
  };
}
