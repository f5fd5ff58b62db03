/** Owns the order of ending: what was begun first ends last, and one ending that fails keeps none from its turn. */

export interface UndoStack {
  /** Registers how something just begun is ended. Call it right where it is begun. */
  add(name: string, undo: () => Promise<void> | void): void;
  /** Runs what was registered, newest first, one after the other. Each runs once, however often this is called. */
  run(): Promise<void>;
}

/** `onError` is told about each undo that failed, by its name. */
export function createUndoStack(onError: (name: string, error: unknown) => void): UndoStack {
  const undos: { name: string; undo: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  async function unwind(): Promise<void> {
    for (let next = undos.pop(); next; next = undos.pop()) {
      try {
        await next.undo();
      } catch (error) {
        onError(next.name, error);
      }
    }
  }

  return {
    add(name, undo) {
      undos.push({ name, undo });
    },
    run() {
      running ??= unwind().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
