/** Lists the active dispatches, then follows every change of the board from there. */
import type { Client } from 'graphql-ws';
import type { Dispatches } from './dispatches.ts';
import type { Location } from './dispatch.ts';
import { boardQuery, changesSubscription, type BoardAnswer, type Change } from './operations.ts';
import { ask, follow, type Refused } from './stream.ts';

export interface ChangesOptions {
  readonly client: Client;
  readonly dispatches: Dispatches;
  /** Called for each listed dispatch with the positions that its ambulance has reported so far, oldest first. */
  readonly onTrail: (id: string, trail: readonly [Location, ...Location[]]) => void;
  readonly onChange: () => void;
}

/** Dispatches of each status. */
const listLimit = 200;
const trailPoints = 12;
const againMs = 2_000;

export class Changes {
  readonly #options: ChangesOptions;
  #problem: string | null = null;
  #isListed = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Why there are no changes now; null while the stream works. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether the list has been read at least once. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Lists, then follows. When the service ends the stream, it starts again with the list. */
  async start(): Promise<void> {
    const { client, dispatches, onChange } = this.#options;
    try {
      const variables = { limit: listLimit, points: trailPoints };
      const answer = await ask<BoardAnswer>(client, boardQuery, variables);
      this.#take(answer);
      const after = { after: answer.dispatchesCursor };
      follow<Change>(client, changesSubscription, after, {
        onEvent: (change) => {
          dispatches.apply(change, performance.now());
          onChange();
        },
        onEnd: (why) => this.#again(why),
      });
    } catch (error) {
      this.#again(error as Refused);
    }
  }

  #take({ pendiente, asignado, enCamino, enSitio, trasladando }: BoardAnswer): void {
    const { dispatches, onTrail, onChange } = this.#options;
    for (const dispatch of [pendiente, asignado, enCamino, enSitio, trasladando].flat()) {
      dispatches.take(dispatch);
      const [oldest, ...later] = dispatch.rastreo?.toReversed() ?? [];
      if (oldest) onTrail(dispatch.id, [oldest, ...later]);
    }
    this.#problem = null;
    this.#isListed = true;
    onChange();
  }

  #again({ message }: Refused): void {
    this.#problem = message;
    this.#options.onChange();
    setTimeout(() => void this.start(), againMs);
  }
}
