/** Keeps the address of the page and the view alike, so that a link, back and forward lead to what was seen. */
import { formatView, parseView, type View } from './view-state.ts';

export class ViewHistory {
  readonly #onChange: () => void;
  #view = parseView(location.hash);

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    // Back, forward, and an address that is typed: Chromium says the last one with hashchange too.
    addEventListener('popstate', () => this.#read());
    addEventListener('hashchange', () => this.#read());
  }

  get view(): View {
    return this.#view;
  }

  /** `isTyping`: a text of which each letter is no step of its own, to which back would lead. */
  change(change: Partial<View>, { isTyping = false } = {}): void {
    const view = { ...this.#view, ...change };
    const address = location.pathname + location.search + formatView(view);
    const isSame = formatView(view) === formatView(this.#view);
    const isGoingOn = isTyping && this.#view.search !== '' && view.search !== '';
    this.#view = view;
    if (isSame) return;
    if (isGoingOn) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#onChange();
  }

  #read(): void {
    this.#view = parseView(location.hash);
    this.#onChange();
  }
}
