/** Asks the app for its tokens, and remembers which one the service would not take. */

/**
 * The token, or what finds it. It is called for each connection, and before the end of each token. `refused`: the one that the service
 * would not take any more, so that a copy which the app keeps is not given again; null where none was refused.
 */
export type TokenSource = string | ((refused: string | null) => string | Promise<string>);

export class Tokens {
  readonly #source: TokenSource;
  #newest: string | null = null;
  #refused: string | null = null;
  /** Was asked for already, and not used yet. */
  #ready: string | null = null;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** @throws what the app's function throws */
  async next(): Promise<string> {
    const ready = this.#ready;
    this.#ready = null;
    const token = ready ?? (await this.#ask());
    this.#newest = token;
    return token;
  }

  async header(): Promise<{ authorization: string }> {
    return { authorization: `Bearer ${await this.next()}` };
  }

  /** The service has not taken the newest one. */
  refuse(): void {
    this.#refused = this.#newest;
  }

  /** Whether the newest one is that which the service has not taken. */
  get isRefused(): boolean {
    return this.#newest === this.#refused;
  }

  /** Whether the app has another one than that which was refused. It is used next. */
  async hasAnother(): Promise<boolean> {
    const token = await this.#ask();
    if (token === this.#refused) return false;
    this.#ready = token;
    return true;
  }

  async #ask(): Promise<string> {
    return typeof this.#source === 'string' ? this.#source : this.#source(this.#refused);
  }
}
