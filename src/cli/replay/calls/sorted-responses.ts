/** Sorts responses by the time of their call, however many there are: what is too much for the memory waits in a file. */
import type { AmbulanceResponse } from './ambulance-response.ts';
import { mebibyte } from '../../../lib/memory/bytes.ts';
import { SpillFile, type Stretch } from './spill-file.ts';

/** Responses in memory at a time; one takes about a kilobyte. */
const maxInMemory = 5_000;
/** What is read of the file at a time, of all stretches together: a log of 2 GB has more than a thousand. Bytes. */
const maxRead = 4 * mebibyte;
/** Of one stretch: at least a response or two, and no more than is quick. */
const [leastRead, mostRead] = [1_024, 16 * 1_024];

export interface SortedResponsesOptions {
  /** Only so many of the earliest are kept. */
  readonly limit: number;
  /** For tests. */
  readonly maxHeld?: number;
}

/** To be disposed of, whether they were read or not. */
export class SortedResponses implements Disposable {
  readonly #limit: number;
  readonly #maxHeld: number;
  #held: AmbulanceResponse[] = [];
  #count = 0;
  /** Each is sorted. */
  readonly #stretches: Stretch[] = [];
  #file: SpillFile | null = null;

  constructor({ limit, maxHeld = maxInMemory }: SortedResponsesOptions) {
    this.#limit = limit;
    this.#maxHeld = maxHeld;
  }

  get length(): number {
    return Math.min(this.#count, this.#limit);
  }

  add(response: AmbulanceResponse): void {
    this.#count += 1;
    this.#held.push(response);
    if (this.#held.length < this.#maxHeld) return;
    this.#sort();
    // Few that are wanted are never written.
    if (this.#held.length <= this.#maxHeld / 2) return;
    this.#file ??= new SpillFile();
    this.#stretches.push(this.#file.append(this.#held.map((held) => JSON.stringify(held))));
    this.#held = [];
  }

  /** All of them, the earliest first; those of one time in the order in which they came. */
  *[Symbol.iterator](): Generator<AmbulanceResponse, void, undefined> {
    this.#sort();
    const share = Math.floor(maxRead / Math.max(1, this.#stretches.length));
    const readBytes = Math.min(mostRead, Math.max(leastRead, share));
    const sources = this.#stretches.map((stretch) => this.#read(stretch, readBytes));
    yield* earliest([...sources, this.#held.values()]).take(this.length);
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#held = [];
  }

  #sort(): void {
    this.#held.sort((a, b) => a.times.received - b.times.received);
    if (this.#held.length > this.#limit) this.#held.length = this.#limit;
  }

  *#read(stretch: Stretch, readBytes: number): Generator<AmbulanceResponse, void, undefined> {
    for (const line of this.#file!.lines(stretch, readBytes)) yield JSON.parse(line) as AmbulanceResponse;
  }
}

/** Merges what is sorted. */
function* earliest(
  sources: readonly Iterator<AmbulanceResponse>[],
): Generator<AmbulanceResponse, void, undefined> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    let first = -1;
    let firstAt = Infinity;
    for (const [index, head] of heads.entries()) {
      if (head.done || head.value.times.received >= firstAt) continue;
      first = index;
      firstAt = head.value.times.received;
    }
    const head = heads[first];
    if (!head || head.done) return;
    yield head.value;
    heads[first] = sources[first]!.next();
  }
}
