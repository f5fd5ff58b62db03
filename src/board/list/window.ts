/** Calculates which rows of a long list have to be there: those that can be seen, and some before and after them. */

export interface Clip {
  /** From the top of the list, pixels. */
  readonly top: number;
  readonly bottom: number;
}

/** Rows beyond what is seen, so that scrolling finds them there. */
const overscan = 24;

/** The part of the list that is neither scrolled away nor outside of the page. */
export function clipOf(list: DOMRect, scroller: DOMRect, pageHeight: number): Clip {
  return {
    top: Math.max(scroller.top, 0) - list.top,
    bottom: Math.min(scroller.bottom, pageHeight) - list.top,
  };
}

/** `from` is the first, `to` the one after the last. */
export function windowOf({ top, bottom }: Clip, rowPx: number, count: number, beyond = overscan) {
  const bounded = (index: number) => Math.max(0, Math.min(count, index));
  const from = bounded(Math.floor(top / rowPx) - beyond);
  return { from, to: Math.max(from, bounded(Math.ceil(bottom / rowPx) + beyond)) };
}
