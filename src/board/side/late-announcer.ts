/** Says to screen readers which positions have become late: each once, and once more only after one has come. */
import type { Dispatch } from '../data/dispatch.ts';
import { part, setText } from '../dom.ts';
import { words } from '../words/words.ts';

/** More than these nobody listens to. */
const maxNamed = 3;

export class LateAnnouncer {
  readonly #target = part('late-announcer', HTMLElement);
  #known: ReadonlySet<string> = new Set();

  /** `late`: all whose position is late now. */
  render(late: readonly Dispatch[]): void {
    const news = late.filter(({ id }) => !this.#known.has(id));
    this.#known = new Set(late.map(({ id }) => id));
    if (news.length === 0) return;
    const named = news
      .slice(0, maxNamed)
      .map(({ id, ambulancia }) => ambulancia?.placa ?? ambulancia?.id ?? `#${id}`);
    const more = news.length - named.length;
    setText(this.#target, words.noPosition([...named, ...(more > 0 ? [words.more(more)] : [])].join(', ')));
  }
}
