/** Shows the list of dispatches, whose rows are selected by pointer or by keyboard. */
import { estadoWords, hasEnded, incidenteWords, prioridadWords, type Dispatch } from './dispatch.ts';
import { element, setAttributes, setText } from './dom.ts';
import { glyph, setGlyph } from './glyph.ts';
import type { ServiceClock } from './service-clock.ts';
import { formatSpan } from './times.ts';

/** Nobody can read a longer list. */
const maxRows = 200;
const slideMs = 240;
/** When more rows come or go at once, they do not slide: it is the list that is being filled, not news. */
const maxSlides = 4;
/** For this time after the pointer's last movement no row comes, goes or moves: the viewer may be about to click on one. */
const holdMs = 1_200;

interface Row {
  readonly root: HTMLLIElement;
  readonly sign: SVGSVGElement;
  readonly unit: HTMLElement;
  readonly place: HTMLElement;
  readonly estado: HTMLElement;
  readonly prioridad: HTMLElement;
  readonly incidente: HTMLElement;
  readonly age: HTMLElement;
  dispatch: Dispatch;
}

export class ListView {
  readonly #root: HTMLElement;
  readonly #onSelect: (id: string | null) => void;
  readonly #clock: ServiceClock;
  readonly #rows = new Map<string, Row>();
  #selectedId: string | null = null;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onRelease` is called when changes that were held back may be rendered. */
  constructor(
    root: HTMLElement,
    onSelect: (id: string | null) => void,
    onRelease: () => void,
    clock: ServiceClock,
  ) {
    this.#root = root;
    this.#clock = clock;
    this.#onSelect = onSelect;
    root.addEventListener('keydown', (event) => this.#key(event));
    const hold = () => {
      clearTimeout(this.#holdTimer);
      this.#holdTimer = setTimeout(() => {
        this.#holdTimer = undefined;
        onRelease();
      }, holdMs);
    };
    root.addEventListener('pointermove', hold);
    root.addEventListener('pointerdown', hold);
  }

  render(dispatches: readonly Dispatch[], selectedId: string | null): void {
    this.#selectedId = selectedId;
    const shown = dispatches.slice(0, maxRows);
    if (this.#holdTimer === undefined) this.#arrange(shown);
    for (const dispatch of shown) {
      const row = this.#rows.get(dispatch.id);
      if (row) show(row, dispatch, dispatch.id === selectedId);
    }
    this.#keepReachable();
  }

  #arrange(shown: readonly Dispatch[]): void {
    const ids = new Set(shown.map(({ id }) => id));
    const focused = document.activeElement;
    const gone = [...this.#rows].filter(([id]) => !ids.has(id));
    for (const [id, row] of gone) this.#remove(id, row, gone.length <= maxSlides);
    const added = shown.filter(({ id }) => !this.#rows.has(id)).length;
    let before = this.#next(null);
    for (const dispatch of shown) {
      let row = this.#rows.get(dispatch.id);
      if (!row) {
        row = this.#add(dispatch);
        this.#root.insertBefore(row.root, before);
        if (added <= maxSlides && this.#rows.size > added) slide(row.root, 'in');
      } else if (row.root === before) before = this.#next(before);
      else this.#root.insertBefore(row.root, before);
    }
    // The browser takes the focus from a row that is moved.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#root.contains(focused))
      focused.focus({ preventScroll: true });
  }

  /** Updates the ages; called once a second. */
  tick(): void {
    for (const { age, dispatch } of this.#rows.values()) {
      if (!hasEnded(dispatch.estado)) this.#showAge(age, dispatch);
    }
  }

  #showAge(age: HTMLElement, { fechaSolicitud }: Dispatch): void {
    setText(age, formatSpan(this.#clock.now() - Date.parse(fechaSolicitud)));
  }

  /** The row after `row`, or the first one; rows that are sliding out do not count. */
  #next(row: Element | null): Element | null {
    let next = row ? row.nextElementSibling : this.#root.firstElementChild;
    while (next instanceof HTMLElement && next.dataset['id'] === undefined) next = next.nextElementSibling;
    return next;
  }

  #add(dispatch: Dispatch): Row {
    const row = createRow(dispatch);
    row.root.addEventListener('click', () => {
      const isSelected = this.#selectedId === dispatch.id;
      this.#onSelect(isSelected ? null : dispatch.id);
    });
    this.#rows.set(dispatch.id, row);
    this.#showAge(row.age, dispatch);
    return row;
  }

  #remove(id: string, { root }: Row, slides: boolean): void {
    this.#rows.delete(id);
    if (root === document.activeElement) {
      const neighbour = this.#next(root) ?? root.previousElementSibling;
      if (neighbour instanceof HTMLElement) neighbour.focus({ preventScroll: true });
    }
    delete root.dataset['id'];
    root.removeAttribute('role');
    root.inert = true;
    if (slides) slide(root, 'out', () => root.remove());
    else root.remove();
  }

  /** Exactly one row can be reached with Tab: the selected one, else the focused one, else the first. */
  #keepReachable(): void {
    const rows = [...this.#rows.values()].map(({ root }) => root);
    const selected = this.#selectedId === null ? undefined : this.#rows.get(this.#selectedId)?.root;
    const reachable = selected ?? rows.find((root) => root === document.activeElement) ?? this.#next(null);
    for (const root of rows) setAttributes(root, { tabindex: root === reachable ? 0 : -1 });
  }

  #key(event: KeyboardEvent): void {
    const rows = [...this.#root.children].filter(
      (row): row is HTMLElement => row instanceof HTMLElement && row.dataset['id'] !== undefined,
    );
    const index = rows.findIndex((row) => row === document.activeElement);
    const target = {
      ArrowDown: rows[this.#selectedId === null ? Math.max(0, index) : Math.min(rows.length - 1, index + 1)],
      ArrowUp: rows[Math.max(0, index - 1)],
      Home: rows[0],
      End: rows.at(-1),
      Enter: rows[index],
      ' ': rows[index],
    }[event.key];
    if (!target) return;
    event.preventDefault();
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: 'nearest' });
    this.#onSelect(target.dataset['id'] ?? null);
  }
}

function createRow(dispatch: Dispatch): Row {
  const sign = glyph(dispatch.estado);
  const unit = element('span', { class: 'unit' });
  const place = element('span', { class: 'place' });
  const estado = element('span', { class: 'estado', lang: 'es' });
  const prioridad = element('span', { class: 'prioridad', lang: 'es' });
  const incidente = element('span', { class: 'incidente', lang: 'es' });
  const age = element('span', { class: 'age' });
  const root = element(
    'li',
    { class: 'row', role: 'option', 'data-id': dispatch.id, tabindex: -1 },
    sign,
    element('span', { class: 'row-head' }, unit, place, age),
    element('span', { class: 'row-foot' }, estado, prioridad, incidente),
  );
  return { root, sign, unit, place, estado, prioridad, incidente, age, dispatch };
}

function show(row: Row, dispatch: Dispatch, isSelected: boolean): void {
  const { id, version, estado, prioridad } = dispatch;
  setAttributes(row.root, {
    'aria-selected': isSelected ? 'true' : 'false',
    'data-estado': estado,
    'data-version': version,
  });
  if (row.dispatch === dispatch && row.unit.textContent !== '') return;
  row.dispatch = dispatch;
  setGlyph(row.sign, estado);
  setText(row.unit, dispatch.ambulancia?.id ?? `#${id}`);
  setText(row.place, dispatch.origen.direccion ?? 'Sin dirección');
  setText(row.estado, estadoWords[estado]);
  setText(row.prioridad, prioridadWords[prioridad]);
  setText(row.incidente, incidenteWords[dispatch.incidente]);
  setAttributes(row.prioridad, { 'data-prioridad': prioridad });
}

/** Animates the height of a row that comes or goes. */
function slide(row: HTMLElement, way: 'in' | 'out', done: () => void = () => {}): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return done();
  const there = { height: `${row.offsetHeight}px`, opacity: 1 };
  const away = { height: '0px', paddingBlock: '0px', opacity: 0 };
  const animation = row.animate(way === 'in' ? [away, there] : [there, away], {
    duration: slideMs,
    easing: 'ease-out',
  });
  animation.addEventListener('finish', done);
}
