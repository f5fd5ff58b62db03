/** Work that is done again and again, never twice at the same time. */
import type { Clock } from './clock.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  /** The pause before the first run and between two runs, milliseconds. */
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  /** Called with the error of a failed run. A failed run does not stop later ones. */
  readonly onError: (error: unknown) => void;
}

/** Begins to repeat. The returned function stops it, and resolves when a run that is under way has ended. */
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
