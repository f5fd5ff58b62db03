/** A client of whatever way, with all that it was shown on all of its connections. */
import { until } from '../../support/until.ts';
import type { Asked, Connect, Shown, WayConnection } from './ways/way.ts';

/** Longer than anything takes that is waited for, also on a busy machine. */
const timeoutMs = 50_000;

/** Waits for a fact that nothing announces. */
export const eventually = (what: string, look: () => unknown): Promise<unknown> =>
  until(what, look, timeoutMs);

export class WayClient {
  readonly #connect: Connect;
  readonly #connections: WayConnection[] = [];
  #asked: Asked;

  constructor(connect: Connect, asked: Asked) {
    this.#connect = connect;
    this.#asked = asked;
  }

  get shown(): readonly Shown[] {
    return [...new Set(this.#connections)].flatMap((connection) => connection.shown());
  }

  get operationId(): string {
    return this.#asked.operationId;
  }

  /** What it was shown on one of its connections, the first of which is 0. */
  on(index: number): { readonly shown: readonly Shown[] } {
    return { shown: this.#connections[index]!.shown() };
  }

  /** What it was told on the connection that it has now. */
  get told(): readonly string[] {
    return this.#newest.told();
  }

  /** Where an EventSource would come back to. */
  get place(): WayConnection['place'] {
    return this.#newest.place;
  }

  /** `changed`: what it asks for differently from now on. */
  async connect(changed: Partial<Asked> = {}): Promise<this> {
    this.#asked = { ...this.#asked, ...changed };
    this.#connections.push(await this.#connect(this.#asked));
    return this;
  }

  async cut(): Promise<void> {
    await this.#newest.cut();
  }

  async complete(): Promise<void> {
    await this.#newest.complete();
  }

  /** Its path breaks, something happens, and it comes back. */
  async away(meanwhile: () => Promise<unknown>, changed: Partial<Asked> = {}): Promise<void> {
    await this.cut();
    await meanwhile();
    await this.connect(changed);
  }

  /** Resolves when `isThere` returns true for what was shown. */
  async until(isThere: (shown: readonly Shown[]) => boolean): Promise<void> {
    try {
      await eventually(isThere.toString(), () => isThere(this.shown));
    } catch (cause) {
      throw new Error(`Shown: ${JSON.stringify(this.shown)}, told: ${this.told.join()}`, { cause });
    }
  }

  /** Resolves when it was told one of these. */
  async untilTold(...codes: readonly string[]): Promise<void> {
    await eventually(`it is told ${codes.join()}`, () => this.told.some((what) => codes.includes(what)));
  }

  get #newest(): WayConnection {
    return this.#connections.at(-1)!;
  }
}
