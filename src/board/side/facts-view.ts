/** Shows the state of the board: the connection, the counts, who is online, and problems. */
import type { LiveState } from '../../../packages/live/src/index.ts';
import { element, part, setAttributes, setText } from '../dom.ts';
import type { OnlineUser } from '../live/people-operations.ts';
import { whyStopped } from '../live/why.ts';
import { formatCount, formatSpan, formatTime } from '../state/times.ts';
import { words } from '../words/words.ts';

export interface Facts {
  readonly connection: LiveState;
  readonly resumes: number;
  readonly active: number;
  readonly overdue: number;
  readonly updates: number;
  readonly positions: number;
  readonly repeated: number;
  readonly snapshots: number;
  readonly missed: number;
  /** Why there are no changes now; null while the stream works. */
  readonly problem: string | null;
}

const maxPeople = 8;

export class FactsView {
  readonly #pill = part('connection', HTMLElement);
  readonly #pillText = part('connection-text', HTMLElement);
  readonly #resumed = part('resumed', HTMLElement);
  readonly #announcer = part('announcer', HTMLElement);
  readonly #problem = part('problem', HTMLElement);
  readonly #counts = new Map(
    [...document.querySelectorAll('[data-count]')].map((count) => [count.getAttribute('data-count')!, count]),
  );
  readonly #clockHint = part('clock-hint', HTMLElement);
  readonly #overdue = part('overdue-count', HTMLElement);
  readonly #age = part('connection-age', HTMLElement);
  readonly #people = part('people', HTMLElement);
  readonly #peopleCount = part('people-count', HTMLElement);
  #shownPeople = '';
  #announced = '';

  render({ connection, problem, ...counts }: Facts): void {
    const text = describe(connection);
    setAttributes(this.#pill, { 'data-connection': connection.kind });
    setText(this.#pillText, text);
    setText(this.#resumed, counts.resumes > 0 ? words.resumedTimes(counts.resumes) : '');
    setText(this.#overdue, counts.overdue > 0 ? words.overdueCount(counts.overdue) : '');
    this.#announce(connection, counts.resumes);
    for (const [name, count] of Object.entries(counts)) {
      const target = this.#counts.get(name);
      if (target) setText(target, formatCount(count));
    }
    setText(this.#problem, problem ?? '');
    setAttributes(this.#problem, { hidden: problem === null });
  }

  /** Tells how old what is shown is, where it is not of now. Both times are by the clock of the service. */
  renderAge(asOfMs: number | null, nowMs: number): void {
    setText(this.#age, asOfMs === null ? '' : words.asOf(formatTime(asOfMs), formatSpan(nowMs - asOfMs)));
    setAttributes(document.body, { 'data-stale': asOfMs !== null });
  }

  renderClock(hint: string | null): void {
    setText(this.#clockHint, hint ?? '');
    setAttributes(this.#clockHint, { hidden: hint === null });
  }

  renderPeople(online: readonly OnlineUser[], problem: string | null): void {
    const key = JSON.stringify([online, problem]);
    if (key === this.#shownPeople) return;
    this.#shownPeople = key;
    setText(this.#peopleCount, problem ? '' : String(online.length));
    const more = online.length - maxPeople;
    this.#people.replaceChildren(
      ...(problem ? [element('li', { class: 'quiet' }, problem)] : online.slice(0, maxPeople).map(person)),
      ...(more > 0 ? [element('li', { class: 'quiet' }, words.more(more))] : []),
    );
  }

  /** For screen readers: says only live, lost and stopped, not each attempt to reconnect. */
  #announce(connection: LiveState, resumes: number): void {
    const text = {
      idle: '',
      connecting: '',
      live: resumes > 0 ? words.liveAgain : '',
      // It often passes without a break.
      late: this.#announced,
      reconnecting: words.lost,
      stopped: describe(connection),
    }[connection.kind];
    if (text === this.#announced) return;
    this.#announced = text;
    setText(this.#announcer, text);
  }
}

function describe(connection: LiveState): string {
  switch (connection.kind) {
    case 'idle':
    case 'connecting':
      return words.connecting;
    case 'live':
      return words.live;
    case 'late':
      return words.silent;
    case 'reconnecting':
      return words.reconnecting(connection.attempts);
    case 'stopped':
      return words.stopped(whyStopped(connection));
  }
}

function person({ id, name, role, status, connectionCount }: OnlineUser): HTMLLIElement {
  return element(
    'li',
    { class: 'person', 'data-user': id },
    element('span', { class: 'presence', 'data-status': status, 'aria-hidden': 'true' }),
    element('span', { class: 'person-name' }, name ?? id),
    element(
      'span',
      { class: 'quiet' },
      [
        role,
        status === 'ONLINE' ? null : words.presence[status],
        connectionCount > 1 ? `×${connectionCount}` : null,
      ]
        .filter(Boolean)
        .join(' · '),
    ),
  );
}
