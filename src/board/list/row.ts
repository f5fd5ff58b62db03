/** One row of the list: who goes where, how urgent it is, and since when. */
import { hasEnded, type Dispatch } from '../data/dispatch.ts';
import { element, setAttributes, setText } from '../dom.ts';
import { glyph, setGlyph } from '../map/marks/glyph.ts';
import { shortAnswer } from '../side/assignment-text.ts';
import type { AlertKind } from '../live/watch-operations.ts';
import { formatSpan } from '../state/times.ts';
import { words } from '../words/words.ts';

/** What changes of a dispatch while it stays the same. Spans are milliseconds. */
export interface RowTimes {
  readonly ageMs: number;
  readonly inStatusMs: number;
  /** Above 0: it is overdue by so much. */
  readonly overdueMs: number;
  /** How old its last position is, where that is too old to be relied on; else null. */
  readonly lateMs: number | null;
  /** What it is an alert for. */
  readonly alerts: readonly AlertKind[];
}

export class Row {
  readonly root: HTMLLIElement;
  readonly #sign: SVGSVGElement;
  readonly #unit = element('span', { class: 'unit' });
  readonly #place = element('span', { class: 'place' });
  readonly #estado = element('span', { class: 'estado' });
  readonly #prioridad = element('span', { class: 'prioridad' });
  readonly #incidente = element('span', { class: 'incidente' });
  readonly #age = element('span', { class: 'age' });
  readonly #inStatus = element('span', { class: 'in-status' });
  readonly #alert = element('span', { class: 'alert' });
  #dispatch: Dispatch | undefined;

  constructor(id: string, estado: Dispatch['estado']) {
    this.#sign = glyph(estado);
    this.root = element(
      'li',
      { class: 'row', role: 'option', 'data-id': id, tabindex: -1 },
      this.#sign,
      element('span', { class: 'row-head' }, this.#unit, this.#prioridad, this.#age),
      this.#place,
      element('span', { class: 'row-foot' }, this.#estado, this.#inStatus, this.#incidente, this.#alert),
    );
  }

  get dispatch(): Dispatch | undefined {
    return this.#dispatch;
  }

  show(dispatch: Dispatch, isSelected: boolean): void {
    const { id, version, estado, prioridad, incidente, origen, ambulancia } = dispatch;
    setAttributes(this.root, { 'aria-selected': isSelected ? 'true' : 'false' });
    if (this.#dispatch === dispatch) return;
    this.#dispatch = dispatch;
    setAttributes(this.root, { 'data-estado': estado, 'data-version': version });
    setGlyph(this.#sign, estado);
    setText(this.#unit, ambulancia ? `${ambulancia.id} · #${id}` : `#${id}`);
    const address = origen.direccion ?? words.noAddress;
    setText(this.#place, address);
    setAttributes(this.#place, { title: address });
    setText(this.#estado, words.estado[estado]);
    setText(this.#prioridad, words.prioridad[prioridad]);
    setAttributes(this.#prioridad, { 'data-prioridad': prioridad });
    // Of who was sent it is more than of what has happened.
    const answer = shortAnswer(dispatch);
    setText(this.#incidente, answer ?? words.incidente[incidente]);
    setAttributes(this.root, { 'data-answer': answer === null ? null : dispatch.assignment!.answer });
  }

  /** `top`: its distance from the top of the list, pixels. */
  put(top: number, position: number, size: number): void {
    this.root.style.transform = `translateY(${top}px)`;
    setAttributes(this.root, { 'aria-posinset': position, 'aria-setsize': size });
  }

  tick({ ageMs, inStatusMs, overdueMs, lateMs, alerts }: RowTimes): void {
    if (!this.#dispatch || hasEnded(this.#dispatch.estado)) {
      setText(this.#alert, '');
      return;
    }
    setAttributes(this.root, { 'data-alerts': alerts.length > 0 ? alerts.join(' ') : null });
    setText(this.#age, formatSpan(ageMs));
    setText(this.#inStatus, formatSpan(inStatusMs));
    const isOverdue = overdueMs > 0;
    setAttributes(this.root, { 'data-overdue': isOverdue, 'data-late': lateMs !== null });
    const late = lateMs === null ? '' : words.latePosition(formatSpan(lateMs));
    const byLimits = isOverdue ? words.overdueBy(formatSpan(overdueMs)) : late;
    // By how much it is overdue says more than that it is.
    const named = alerts.filter((kind) => kind !== 'OVERDUE' || byLimits === '');
    setText(this.#alert, named.map((kind) => words.alert[kind]).join(' · ') || byLimits);
  }
}
