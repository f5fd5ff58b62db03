/** Frames for those who were shown states that are ahead of the log: their cursors say so, so that they may come back anywhere. */
import type { Frame } from '../frame.ts';
import type { ShownVersions } from './snapshot-versions.ts';

export class OwnFrames {
  /** By the frame that all others get, and by what was shown: thousands may have been shown one snapshot. */
  readonly #made = new WeakMap<Frame, WeakMap<ShownVersions, Frame>>();

  /** The frame with another cursor, which `makeCursor` makes where nobody with the same versions had it yet. */
  of(frame: Frame, shown: ShownVersions, makeCursor: () => string): Frame {
    let made = this.#made.get(frame);
    if (!made) this.#made.set(frame, (made = new WeakMap()));
    let own = made.get(shown);
    if (!own) made.set(shown, (own = withCursor(frame, makeCursor())));
    return own;
  }
}

/** A cursor is signed and has no characters that JSON escapes: wherever its text stands in the result, it is this cursor. */
function withCursor(frame: Frame, cursor: string): Frame {
  const text = frame.payload.toString('latin1').replaceAll(String(frame.cursor), cursor);
  return { ...frame, payload: Buffer.from(text, 'latin1'), cursor };
}
