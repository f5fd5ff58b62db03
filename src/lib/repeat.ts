/** Work that is done again and again, never twice at the same time. */
import type { Clock } from './clock.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  /** The pause between two runs, milliseconds. */
  readonly everyMs: number;
  /** The pause before the first run, milliseconds. Default `everyMs`. */
  readonly firstMs?: number;
  readonly run: () => Promise<void>;
  /** Called with the error of a failed run. A failed run does not stop later ones. */
  readonly onError: (error: unknown) => void;
}

/** Begins to repeat. The returned function stops it, and resolves when a run that is under way has ended. */
export function repeat({
  clock,
  everyMs,
  firstMs = everyMs,
  run,
  onError,
}: RepeatOptions): () => Promise<void> {
  let isEnded = false;
  let running = Promise.resolve();
  let cancel = () => {};

  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      running = run()
        .catch(onError)
        .then(() => {
          if (!isEnded) wait(everyMs);
        });
    });
  }

  wait(firstMs);
  return async () => {
    isEnded = true;
    cancel();
    await running;
  };
}
