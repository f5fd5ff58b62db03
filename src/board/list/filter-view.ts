/** The controls by which the viewer searches, filters and sorts. What they say is what the address of the page says. */
import { activeEstados, incidentes, prioridades } from '../data/dispatch.ts';
import { element, part, setAttributes, setText } from '../dom.ts';
import { orders, wholeBoard, type View } from '../state/view-state.ts';
import type { ViewHistory } from '../state/view-history.ts';
import { words } from '../words/words.ts';

type ListName = 'estados' | 'prioridades' | 'incidentes';
type FlagName = 'mine' | 'overdue';

export class FilterView {
  readonly #history: ViewHistory;
  readonly #search = part('search', HTMLInputElement);
  readonly #order = part('order', HTMLSelectElement);
  readonly #clear = part('clear', HTMLButtonElement);
  readonly #chosen = part('filters-chosen', HTMLElement);
  readonly #boxes: readonly { readonly box: HTMLInputElement; readonly isOn: (view: View) => boolean }[];

  constructor(history: ViewHistory) {
    this.#history = history;
    this.#search.addEventListener('input', () =>
      history.change({ search: this.#search.value }, { isTyping: true }),
    );
    this.#order.append(...orders.map((order) => element('option', { value: order }, words.page[order])));
    this.#order.addEventListener('change', () =>
      history.change({ order: orders.find((order) => order === this.#order.value) ?? 'newest' }),
    );
    this.#clear.addEventListener('click', () => {
      const { id, order, tracks } = history.view;
      history.change({ ...wholeBoard, id, order, tracks });
      this.#search.focus();
    });
    part('filters', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
    this.#boxes = [
      ...this.#group('status', 'estados', activeEstados, words.estado),
      ...this.#group('priority', 'prioridades', prioridades, words.prioridad),
      ...this.#group('kind', 'incidentes', incidentes, words.incidente),
      ...this.#flags(),
    ];
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  render(): void {
    const { view } = this.#history;
    if (this.#search.value !== view.search) this.#search.value = view.search;
    this.#order.value = view.order;
    for (const { box, isOn } of this.#boxes) box.checked = isOn(view);
    const count = this.#boxes.filter(({ box }) => box.checked).length;
    setText(this.#chosen, count > 0 ? String(count) : '');
    setAttributes(this.#clear, { hidden: count === 0 && view.search === '' });
  }

  #group<T extends string>(
    title: 'status' | 'priority' | 'kind',
    name: ListName,
    all: readonly T[],
    texts: Readonly<Record<T, string>>,
  ) {
    const boxes = all.map((value) => {
      const isOn = (view: View) => (view[name] as readonly string[]).includes(value);
      const box = element('input', { type: 'checkbox', value });
      box.addEventListener('change', () => {
        const chosen = all.filter((one) =>
          one === value ? box.checked : (this.#history.view[name] as readonly string[]).includes(one),
        );
        this.#history.change({ [name]: chosen });
      });
      return { box, isOn, label: element('label', {}, box, texts[value]) };
    });
    this.#show(
      title,
      boxes.map(({ label }) => label),
    );
    return boxes;
  }

  #flags() {
    const flags = { mine: words.page.mine, overdue: words.page.overdueOnly } as const;
    const boxes = (Object.keys(flags) as FlagName[]).map((name) => {
      const box = element('input', { type: 'checkbox', value: name });
      box.addEventListener('change', () => this.#history.change({ [name]: box.checked }));
      return { box, isOn: (view: View) => view[name], label: element('label', {}, box, flags[name]) };
    });
    part('filter-groups', HTMLElement).append(
      element('div', { class: 'filter-flags' }, ...boxes.map(({ label }) => label)),
    );
    return boxes;
  }

  #show(title: 'status' | 'priority' | 'kind', labels: readonly HTMLElement[]): void {
    part('filter-groups', HTMLElement).append(
      element('fieldset', {}, element('legend', {}, words.page[title]), ...labels),
    );
  }
}
