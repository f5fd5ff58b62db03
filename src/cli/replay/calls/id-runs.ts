/** A set of ids beyond the memory: sorted runs of them in a file, and a filter that spares looking there for most that are not in it. */
import { joined } from './id-table.ts';
import { SpillFile } from './spill-file.ts';

interface Run {
  /** Bytes from the beginning of the file. */
  readonly start: number;
  readonly count: number;
}

const bytesEach = 8;
/** 16 MB, of which ten million ids fill a fifth: one in a hundred that is not in the file is looked for there. */
const filterBits = 2 ** 27;
const probes = 3;

export class IdRuns implements Disposable {
  readonly #file = new SpillFile();
  readonly #runs: Run[] = [];
  readonly #filter = new Uint32Array(filterBits / 32);
  /** What is read of the file at a time. */
  #block = new BigUint64Array(0);

  /** A run of many, sorted. */
  add(ids: BigUint64Array): void {
    for (const id of ids) {
      const [high, low] = [Number(id >> 32n), Number(id & 0xffff_ffffn)];
      for (let probe = 0; probe < probes; probe += 1) {
        const bit = bitOf(high, low, probe);
        this.#filter[bit >>> 5]! |= 1 << (bit & 31);
      }
    }
    this.#runs.push({ start: this.#file.write(ids).start, count: ids.length });
  }

  has(high: number, low: number): boolean {
    for (let probe = 0; probe < probes; probe += 1) {
      const bit = bitOf(high, low, probe);
      if ((this.#filter[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return this.#runs.some((run) => this.#isIn(run, high, joined(high, low)));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Ids are spread evenly: where one would be is known by four times the deviation of that, nearly always. */
  #isIn({ start, count }: Run, high: number, id: bigint): boolean {
    const reach = Math.ceil(2 * Math.sqrt(count));
    if (this.#block.length < 2 * reach) this.#block = new BigUint64Array(2 * reach);
    let [from, to] = [0, count];
    for (let guess = (high / 2 ** 32) * count; from < to; guess = (from + to) / 2) {
      const begin = Math.max(from, Math.floor(guess) - reach);
      const ids = this.#block.subarray(0, Math.min(2 * reach, to - begin));
      this.#file.readInto(ids, start + begin * bytesEach);
      if (id < ids[0]!) to = begin;
      else if (id > ids.at(-1)!) from = begin + ids.length;
      else return ids.includes(id);
    }
    return false;
  }
}

const bitOf = (high: number, low: number, probe: number) => ((high + probe * low) >>> 0) % filterBits;
