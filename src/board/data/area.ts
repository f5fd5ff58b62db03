/** Follows the positions in one part of the map; when the map is moved, another part, behind the last that was seen of the one before. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { areaSubscription, type AreaMove } from '../live/watch-operations.ts';
import type { Box } from '../map/box.ts';

export interface AreaOptions {
  readonly live: LiveClient;
  readonly onMove: (move: AreaMove) => void;
  /** The service has refused it: when it is followed again, nothing tells what has left meanwhile. */
  readonly onLost: () => void;
}

/** Where the service refuses it, it is asked again after this time. */
const againMs = 5_000;

export class Area {
  readonly #options: AreaOptions;
  #box: Box | null = null;
  #stop = () => {};
  #cursor: string | undefined;
  #refusedAtMs = -Infinity;

  constructor(options: AreaOptions) {
    this.#options = options;
  }

  /** What is followed; null: nothing, or the service has refused it. */
  get box(): Box | null {
    return this.#box;
  }

  /** Null: nothing is to be followed. */
  watch(box: Box | null): void {
    if (box === this.#box) return;
    if (box !== null && performance.now() - this.#refusedAtMs < againMs) return;
    const stopLast = this.#stop;
    this.#box = box;
    this.#stop = box ? this.#open(box) : () => {};
    // After the new one was asked for, which tells what happened in between.
    stopLast();
  }

  #open(area: Box): () => void {
    const { live, onMove, onLost } = this.#options;
    const after = this.#cursor === undefined ? {} : { after: this.#cursor };
    const stop = live.subscribe(
      areaSubscription,
      { area, ...after },
      {
        next: ({ data: { locationsInArea: move } }) => {
          if (this.#box === area) this.#cursor = move.cursor;
          onMove(move);
        },
        error: () => {
          this.#cursor = undefined;
          this.#refusedAtMs = performance.now();
          if (this.#box === area) this.#box = null;
          onLost();
        },
      },
    );
    return stop;
  }
}
