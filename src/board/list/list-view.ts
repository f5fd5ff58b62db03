/** Shows the list of dispatches, of which only the rows around what can be seen are in the page. They are selected by pointer or by keyboard. */
import type { Dispatch } from '../data/dispatch.ts';
import { setAttributes } from '../dom.ts';
import { Row, type RowTimes } from './row.ts';
import { clipOf, windowOf } from './window.ts';

/** The height of each row. */
const rowPx = 80;
/** For this time after the pointer's last movement no row comes, goes or moves: the viewer may be about to click on one. */
const holdMs = 1_200;

export interface ListOptions {
  readonly root: HTMLElement;
  /** What scrolls the list, unless the whole page does. */
  readonly scroller: HTMLElement;
  readonly onSelect: (id: string | null) => void;
  /** Called when it has to be rendered again: it was scrolled, or changes that were held back may be shown. */
  readonly onRelease: () => void;
  readonly timesOf: (dispatch: Dispatch) => RowTimes;
}

export class ListView {
  readonly #options: ListOptions;
  readonly #rows = new Map<string, Row>();
  #shown: readonly Dispatch[] = [];
  #selectedId: string | null = null;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ListOptions) {
    const { root, onRelease } = options;
    this.#options = options;
    root.style.setProperty('--row', `${rowPx}px`);
    root.addEventListener('keydown', (event) => this.#key(event));
    root.addEventListener('click', (event) => this.#click(event));
    root.addEventListener('pointermove', () => this.#hold());
    root.addEventListener('pointerdown', () => this.#hold());
    // Whatever scrolls: the list, or on a phone the page.
    addEventListener('scroll', onRelease, { capture: true, passive: true });
    addEventListener('resize', onRelease);
  }

  /** Whether what is in the page stays where it is: the viewer may be about to click on it. */
  get isHeld(): boolean {
    return this.#holdTimer !== undefined;
  }

  /** The dispatches whose rows can be seen. */
  get inView(): readonly string[] {
    const { from, to } = windowOf(this.#clip(), rowPx, this.#shown.length, 0);
    return this.#shown.slice(from, to).map(({ id }) => id);
  }

  /** `isNew`: another list was asked for, so nothing is held back. */
  render(dispatches: readonly Dispatch[], selectedId: string | null, isNew: boolean): void {
    const focused = document.activeElement;
    const focusedIndex = this.#indexOf(focused);
    this.#selectedId = selectedId;
    this.#shown = this.#holdTimer === undefined || isNew ? dispatches : this.#inOldOrder(dispatches);
    this.#arrange(this.#wanted(focused));
    this.#keepReachable();
    if (focusedIndex === null || focused === document.activeElement) return;
    // The browser takes the focus from a row that is moved, and what has gone had it.
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
    else this.#focus(Math.min(focusedIndex, this.#shown.length - 1));
  }

  /** Updates the ages; called once a second. */
  tick(): void {
    for (const row of this.#rows.values()) if (row.dispatch) row.tick(this.#options.timesOf(row.dispatch));
  }

  /** Scrolls to a row. */
  reveal(id: string): void {
    const index = this.#shown.findIndex((dispatch) => dispatch.id === id);
    if (index >= 0) this.#scrollTo(index);
  }

  /** What has gone keeps its place, and what is new has none yet. */
  #inOldOrder(dispatches: readonly Dispatch[]): readonly Dispatch[] {
    const newest = new Map(dispatches.map((dispatch) => [dispatch.id, dispatch]));
    return this.#shown.map((dispatch) => newest.get(dispatch.id) ?? dispatch);
  }

  /** The indexes of the rows that have to be there, in order. A row that has the focus or is selected stays wherever it is. */
  #wanted(focused: Element | null): readonly number[] {
    const { from, to } = windowOf(this.#clip(), rowPx, this.#shown.length);
    const focusedId = focused instanceof HTMLElement ? focused.dataset['id'] : null;
    const indexes = Array.from({ length: to - from }, (_, at) => from + at);
    const kept = this.#shown.flatMap(({ id }, index) =>
      (id === this.#selectedId || id === focusedId) && (index < from || index >= to) ? index : [],
    );
    return [...indexes, ...kept].sort((a, b) => a - b);
  }

  #arrange(wanted: readonly number[]): void {
    const { root } = this.#options;
    const height = `${this.#shown.length * rowPx}px`;
    if (root.style.height !== height) root.style.height = height;
    const ids = new Set(wanted.map((index) => this.#shown[index]!.id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.root.remove();
      this.#rows.delete(id);
    }
    let before: Element | null = root.firstElementChild;
    for (const index of wanted) {
      const row = this.#rowOf(this.#shown[index]!);
      row.put(index * rowPx, index + 1, this.#shown.length);
      if (row.root === before) before = before.nextElementSibling;
      else root.insertBefore(row.root, before);
    }
  }

  #rowOf(dispatch: Dispatch): Row {
    const { id, estado } = dispatch;
    let row = this.#rows.get(id);
    const isOld = row?.dispatch === dispatch;
    row ??= new Row(id, estado);
    this.#rows.set(id, row);
    row.show(dispatch, id === this.#selectedId);
    if (!isOld) row.tick(this.#options.timesOf(dispatch));
    return row;
  }

  /** Exactly one row can be reached with Tab: the selected one, else the focused one, else the first. */
  #keepReachable(): void {
    const rows = [...this.#rows.values()].map(({ root }) => root);
    const selected = this.#selectedId === null ? undefined : this.#rows.get(this.#selectedId)?.root;
    const first = this.#options.root.firstElementChild;
    const reachable = selected ?? rows.find((root) => root === document.activeElement) ?? first;
    for (const root of rows) setAttributes(root, { tabindex: root === reachable ? 0 : -1 });
  }

  #hold(): void {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#options.onRelease();
    }, holdMs);
  }

  #click(event: MouseEvent): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.row') : null;
    const id = row?.dataset['id'];
    if (id !== undefined) this.#options.onSelect(id === this.#selectedId ? null : id);
  }

  #key(event: KeyboardEvent): void {
    const index = this.#indexOf(document.activeElement) ?? 0;
    const last = this.#shown.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: this.#selectedId === null ? index : index + 1,
      ArrowUp: index - 1,
      PageDown: index + 8,
      PageUp: index - 8,
      Home: 0,
      End: last,
      Enter: index,
      ' ': index,
    };
    const target = targets[event.key];
    if (target === undefined || last < 0) return;
    event.preventDefault();
    this.#focus(Math.max(0, Math.min(last, target)));
    this.#options.onSelect((document.activeElement as HTMLElement).dataset['id'] ?? null);
  }

  /** Brings a row into the page and into view, and focuses it. */
  #focus(index: number): void {
    const dispatch = this.#shown[index];
    if (!dispatch) return;
    this.#scrollTo(index);
    const { from, to } = windowOf(this.#clip(), rowPx, this.#shown.length);
    if (!this.#rows.has(dispatch.id)) this.#arrange(Array.from({ length: to - from }, (_, at) => from + at));
    this.#rows.get(dispatch.id)?.root.focus({ preventScroll: true });
  }

  #scrollTo(index: number): void {
    const { top, bottom } = this.#clip();
    const [rowTop, rowBottom] = [index * rowPx, (index + 1) * rowPx];
    const by = rowTop < top ? rowTop - top : rowBottom > bottom ? rowBottom - bottom : 0;
    if (by === 0) return;
    const { scroller } = this.#options;
    const target = scroller.scrollHeight > scroller.clientHeight ? scroller : document.scrollingElement;
    target?.scrollBy({ top: by, behavior: 'instant' });
  }

  #indexOf(row: Element | null): number | null {
    if (!(row instanceof HTMLElement) || row.parentElement !== this.#options.root) return null;
    const index = this.#shown.findIndex(({ id }) => id === row.dataset['id']);
    return index < 0 ? null : index;
  }

  #clip() {
    const { root, scroller } = this.#options;
    return clipOf(root.getBoundingClientRect(), scroller.getBoundingClientRect(), innerHeight);
  }
}
