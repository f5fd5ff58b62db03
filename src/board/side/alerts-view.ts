/** Shows the alerts that nobody has seen, and lets the viewer say that they have. */
import { element, part, setAttributes, setText } from '../dom.ts';
import type { Alert } from '../live/watch-operations.ts';
import { formatCount, formatSpan } from '../state/times.ts';
import { words } from '../words/words.ts';

export interface AlertsHandlers {
  readonly onShow: (despachoId: string) => void;
  readonly onSeen: (id: string) => void;
}

const maxShown = 5;

export class AlertsView {
  readonly #root = part('alerts', HTMLElement);
  readonly #count = part('alerts-count', HTMLElement);
  readonly #list = part('alerts-list', HTMLElement);
  readonly #more = part('alerts-more', HTMLElement);
  readonly #announcer = part('alert-announcer', HTMLElement);
  readonly #items = new Map<string, { readonly root: HTMLLIElement; readonly age: HTMLElement }>();
  readonly #mayAcknowledge: boolean;
  readonly #handlers: AlertsHandlers;

  constructor(mayAcknowledge: boolean, handlers: AlertsHandlers) {
    this.#mayAcknowledge = mayAcknowledge;
    this.#handlers = handlers;
  }

  /** `alerts`: what matters most first. `nowMs`: by the clock of the service. */
  render(alerts: readonly Alert[], nowMs: number): void {
    const shown = alerts.slice(0, maxShown);
    setAttributes(this.#root, { hidden: alerts.length === 0 });
    setText(this.#count, formatCount(alerts.length));
    const more = alerts.length - shown.length;
    setText(this.#more, more > 0 ? words.more(more) : '');
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, { root }] of this.#items) {
      if (ids.has(id)) continue;
      root.remove();
      this.#items.delete(id);
    }
    for (const [index, alert] of shown.entries()) {
      const item = this.#items.get(alert.id) ?? this.#add(alert);
      const there = this.#list.children[index];
      if (there !== item.root) this.#list.insertBefore(item.root, there ?? null);
      setText(item.age, formatSpan(nowMs - Date.parse(alert.since)));
    }
  }

  /** To screen readers. */
  announce({ kind, despachoId }: Alert): void {
    setText(this.#announcer, words.newAlert(words.alert[kind], despachoId));
  }

  #add(alert: Alert): { readonly root: HTMLLIElement; readonly age: HTMLElement } {
    const { id, kind, despachoId, ambulanciaId, prioridad } = alert;
    const name = ambulanciaId === null ? `#${despachoId}` : `${ambulanciaId} · #${despachoId}`;
    const show = element(
      'button',
      { type: 'button', class: 'open-alert-show' },
      element('b', {}, words.alert[kind]),
      ` ${name}`,
    );
    show.addEventListener('click', () => this.#handlers.onShow(despachoId));
    const age = element('span', { class: 'quiet' });
    const seen = element(
      'button',
      { type: 'button', class: 'act', 'aria-label': words.seenAlert(words.alert[kind], despachoId) },
      words.page.seen,
    );
    seen.addEventListener('click', () => this.#handlers.onSeen(id));
    const root = element(
      'li',
      { class: 'open-alert', 'data-alert': id, 'data-kind': kind, 'data-prioridad': prioridad },
      show,
      age,
      ...(this.#mayAcknowledge ? [seen] : []),
    );
    const item = { root, age };
    this.#items.set(id, item);
    return item;
  }
}
