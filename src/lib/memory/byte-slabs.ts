/** Keeps texts as bytes outside of V8's heap, where no collection of garbage copies them. A slab of them is freed whole. */

/** Where a text is kept: whoever holds this holds its whole slab. */
export interface KeptText {
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Each slab is twice as large as the one before it, up to a few hundred events: who keeps few texts takes little for them. */
const slabBytes = { first: 4 * 1024, most: 256 * 1024 };
/** Bytes of UTF-8 that one unit of a string takes at the most. */
const maxBytesPerUnit = 3;

/**
 * Texts stand in slabs in the order in which they came. A slab is freed when none of its texts is held any more, so it is for texts
 * that are let go of in about the same order: who holds the newest ones holds one slab more than these take.
 */
export class ByteSlabs {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;
  #nextBytes = slabBytes.first;

  keep(text: string): KeptText {
    const atMost = maxBytesPerUnit * text.length;
    if (atMost > slabBytes.most) {
      const slab = Buffer.from(text);
      return { slab, start: 0, end: slab.length };
    }
    if (this.#slab.length - this.#used < atMost) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(this.#nextBytes, atMost));
      this.#nextBytes = Math.min(2 * this.#nextBytes, slabBytes.most);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#slab.write(text, start);
    return { slab: this.#slab, start, end: this.#used };
  }
}

export const readKept = ({ slab, start, end }: KeptText): string => slab.toString('utf8', start, end);
