/** Owns work that is done again and again, never twice at a time. */
import type { Clock } from './clock.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  /** From the end of one run to the beginning of the next, and before the first, milliseconds. */
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  /** A run that fails keeps the next from nothing. */
  readonly onError: (error: unknown) => void;
}

/** Begins to repeat. The returned function ends it, and resolves when a run that is under way has ended too. */
export function repeat({ clock, everyMs, run, onError }: RepeatOptions): () => Promise<void> {
  let isEnded = false;
  let running = Promise.resolve();
  let cancel = () => {};

  function wait(): void {
    cancel = clock.after(everyMs, () => {
      running = run()
        .catch(onError)
        .then(() => {
          if (!isEnded) wait();
        });
    });
  }

  wait();
  return async () => {
    isEnded = true;
    cancel();
    await running;
  };
}
