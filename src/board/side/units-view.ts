/** Shows which units are free. */
import type { FreeUnit } from '../data/units.ts';
import { element, part, setText } from '../dom.ts';
import { formatCount, formatKm } from '../state/times.ts';
import { words } from '../words/words.ts';

const maxShown = 12;

export class UnitsView {
  readonly #list = part('free', HTMLElement);
  readonly #count = part('free-count', HTMLElement);
  #shown = '';

  render(free: readonly FreeUnit[]): void {
    const key =
      free
        .slice(0, maxShown)
        .map(({ id, km }) => `${id} ${km?.toFixed(1)}`)
        .join() + free.length;
    if (key === this.#shown) return;
    this.#shown = key;
    setText(this.#count, formatCount(free.length));
    const more = free.length - maxShown;
    this.#list.replaceChildren(
      ...free
        .slice(0, maxShown)
        .map(({ id, placa, km }) =>
          element(
            'li',
            { class: 'free-unit', 'data-unit': id },
            element('b', {}, id),
            element(
              'span',
              { class: 'quiet' },
              [placa, km === null ? null : words.away(formatKm(km))].filter(Boolean).join(' · '),
            ),
          ),
        ),
      ...(free.length === 0 ? [element('li', { class: 'quiet' }, words.page.noneFree)] : []),
      ...(more > 0 ? [element('li', { class: 'quiet' }, words.more(more))] : []),
    );
  }
}
