/** Lists all active dispatches, then follows every change of the board from there. */
import { cursorQuery, pageQuery, changesSubscription } from '../live/operations.ts';
import type { Change, ListedDispatch } from '../live/operations.ts';
import { whyNot } from '../live/why.ts';
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { activeEstados, type ActiveEstado, type Location } from './dispatch.ts';
import type { Dispatches } from './dispatches.ts';
import { readPages } from './list-pages.ts';

export interface ChangesOptions {
  readonly live: LiveClient;
  readonly dispatches: Dispatches;
  /** Called for each listed dispatch with the positions that its ambulance has reported so far, oldest first. */
  readonly onTrail: (id: string, trail: readonly [Location, ...Location[]]) => void;
  /** Called for each change that has just happened. `isNew`: the board did not know of it yet. */
  readonly onNews: (change: Change, isNew: boolean) => void;
  readonly onChange: () => void;
  /** The dispatch that stays on the board also when it has ended. */
  readonly keptId: () => string | null;
}

/** Below the service's largest page, with what each dispatch costs. */
const pageSize = 250;
const overlap = 25;
const trailPoints = 6;
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

  /** Whether the whole list has been read at least once. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Lists, then follows. When the service ends the stream, it starts again with the list. */
  async start(): Promise<void> {
    const { live, dispatches, onNews, onChange, keptId } = this.#options;
    try {
      // Taken before anything is listed: whatever changes while the pages are read comes once more with the stream.
      const { dispatchesCursor } = await live.request(cursorQuery, {});
      const listed = await this.#list();
      dispatches.keepOnly(listed, keptId());
      this.#problem = null;
      this.#isListed = true;
      onChange();
      live.subscribe(
        changesSubscription,
        { after: dispatchesCursor },
        {
          next: ({ data: { dispatchesUpdated: change } }) => {
            const isNew = dispatches.apply(change, performance.now());
            if (change.changeType !== 'SNAPSHOT') onNews(change, isNew);
            onChange();
          },
          error: (why) => this.#again(why),
        },
      );
    } catch (error) {
      this.#again(error);
    }
  }

  /** Returns the ids of all that were listed. */
  async #list(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    const onPage = (page: readonly ListedDispatch[]) => {
      for (const listed of page) {
        ids.add(listed.id);
        this.#take(listed);
      }
      this.#options.onChange();
    };
    await Promise.all(activeEstados.map((estado) => this.#listEstado(estado, onPage)));
    return ids;
  }

  #listEstado(estado: ActiveEstado, onPage: (page: readonly ListedDispatch[]) => void): Promise<void> {
    const read = async (limit: number, offset: number) => {
      const variables = { estado, limit, offset, points: trailPoints };
      return (await this.#options.live.request(pageQuery, variables)).despachos;
    };
    return readPages({ read, onPage, overlap, limit: pageSize, idOf: ({ id }) => id });
  }

  #take({ rastreo, ...dispatch }: ListedDispatch): void {
    this.#options.dispatches.take(dispatch);
    const [oldest, ...later] = rastreo.toReversed();
    if (oldest) this.#options.onTrail(dispatch.id, [oldest, ...later]);
  }

  #again(why: unknown): void {
    const { live, onChange } = this.#options;
    this.#problem = whyNot(why);
    onChange();
    // Then the page begins anew, with another token.
    if (live.state.kind === 'stopped') return;
    setTimeout(() => void this.start(), againMs);
  }
}
