/** Which of several hosts the next connection goes to, and which connections are older than a failover. */
import { withoutEncryption, type PostgresAddress } from '../../lib/addresses/postgres-url.ts';

export class PostgresHosts {
  readonly #address: PostgresAddress;
  readonly #urls: readonly string[];
  /** Certificates of the authorities that a server is trusted by, PEM. Null where the URL says whether and how to encrypt. */
  readonly ca: string | null;
  #index = 0;
  #moves = 0;
  #generation = 0;

  constructor(address: PostgresAddress, ca: string | null) {
    this.#address = address;
    this.ca = ca;
    // What the URL says goes before what `pg` is told beside it.
    this.#urls = ca === null ? address.urls : address.urls.map(withoutEncryption);
  }

  get count(): number {
    return this.#urls.length;
  }

  get mustBeWritable(): boolean {
    return this.#address.mustBeWritable;
  }

  /** The URL of the host that served last. */
  get url(): string {
    return this.#urls[this.#index]!;
  }

  /** Grows whenever another host is chosen. */
  get moves(): number {
    return this.#moves;
  }

  /** Grows whenever all connections that there are should be closed. */
  get generation(): number {
    return this.#generation;
  }

  /** No connection could be had at this URL: the next one is tried, unless somebody has chosen another already. */
  failed(url: string): void {
    if (url !== this.url) return;
    this.#index = (this.#index + 1) % this.count;
    this.#moves += 1;
  }

  /** A connection of this generation has shown that its server is not to be used any more. */
  retire(generation: number): void {
    if (generation === this.#generation) this.#generation += 1;
  }
}
