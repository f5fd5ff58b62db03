/** Owns the waiting for a turn: of any amount of work, only so much is done at a time. */

/** What it returns runs `work` as soon as fewer than `maxAtOnce` others run, in the order of asking, and settles like it. */
export function createTurns(maxAtOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
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
