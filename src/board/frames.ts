/** Decides when the page is drawn: for the viewer in the next frame, for news no more often than anybody could tell. */

/** What moves by itself moves by a pixel or two meanwhile. */
const newsMs = 100;

/** What goes on after a frame: nothing, what the viewer has set in motion, or what moves by itself. */
export type Motion = 'none' | 'flight' | 'glide';

export class Frames {
  readonly #draw: (nowMs: number) => Motion;
  #isRequested = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnAtMs = -Infinity;

  constructor(draw: (nowMs: number) => Motion) {
    this.#draw = draw;
  }

  /** The viewer waits for it. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isRequested) return;
    this.#isRequested = true;
    requestAnimationFrame((nowMs) => this.#frame(nowMs));
  }

  /** Something has happened, perhaps one of many things. */
  soon(): void {
    if (this.#isRequested || this.#timer !== undefined) return;
    const waitMs = this.#drawnAtMs + newsMs - performance.now();
    if (waitMs <= 0) this.now();
    else this.#timer = setTimeout(() => this.now(), waitMs);
  }

  #frame(nowMs: number): void {
    this.#isRequested = false;
    this.#drawnAtMs = performance.now();
    const motion = this.#draw(nowMs);
    if (motion === 'flight') this.now();
    else if (motion === 'glide') this.soon();
  }
}
