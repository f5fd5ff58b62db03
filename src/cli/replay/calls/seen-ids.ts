/**
 * Knows which ids have been seen, however many: of each it keeps 64 bits that are made of it, and not its text; the newest in memory, the
 * others in a file.
 */
import { hashText } from '../random.ts';
import { IdRuns } from './id-runs.ts';
import { IdTable } from './id-table.ts';

/** The second half is of the same text with this in front. */
const salt = '\u0001';
/** With 16 bytes for each. */
const maxInMemory = 2 ** 20;

/** To be disposed of. */
export class SeenIds implements Disposable {
  readonly #maxHeld: number;
  readonly #newest = new IdTable();
  #older: IdRuns | null = null;

  /** `maxHeld`: for tests. */
  constructor(maxHeld = maxInMemory) {
    this.#maxHeld = maxHeld;
  }

  /** Returns whether the id is new. */
  add(id: string): boolean {
    const [high, low] = [hashText(id), hashText(salt + id) || 1];
    if (this.#older?.has(high, low) || !this.#newest.add(high, low)) return false;
    if (this.#newest.count === this.#maxHeld) {
      this.#older ??= new IdRuns();
      this.#older.add(this.#newest.sorted());
      this.#newest.clear();
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#older?.[Symbol.dispose]();
  }
}
