/** Shows the state of the board: the connection, the counts, who is online, and problems. */
import type { ConnectionState } from './connection.ts';
import { element, part, setAttributes, setText } from './dom.ts';
import type { OnlineUser } from './operations.ts';

export interface Facts {
  readonly connection: ConnectionState;
  readonly resumes: number;
  readonly active: number;
  readonly updates: number;
  readonly positions: number;
  readonly repeated: number;
  readonly snapshots: number;
  readonly missed: number;
  /** Why there are no changes now; null while the stream works. */
  readonly problem: string | null;
}

const maxPeople = 8;

const statusWords = { ONLINE: 'online', AWAY: 'away', BUSY: 'busy', OFFLINE: 'offline' } as const;

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
  readonly #people = part('people', HTMLElement);
  readonly #peopleCount = part('people-count', HTMLElement);
  #shownPeople = '';
  #announced = '';

  render({ connection, problem, ...counts }: Facts): void {
    const text = describe(connection);
    setAttributes(this.#pill, { 'data-connection': connection.kind });
    setText(this.#pillText, text);
    const times = counts.resumes === 1 ? 'once' : `${counts.resumes} times`;
    setText(this.#resumed, counts.resumes > 0 ? `resumed ${times}` : '');
    this.#announce(connection, counts.resumes);
    for (const [name, count] of Object.entries(counts)) {
      const target = this.#counts.get(name);
      if (target) setText(target, count.toLocaleString());
    }
    setText(this.#problem, problem ?? '');
    setAttributes(this.#problem, { hidden: problem === null });
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
      ...(more > 0 ? [element('li', { class: 'quiet' }, `and ${more} more`)] : []),
    );
  }

  /** For screen readers: says only live, lost and stopped, not each attempt to reconnect. */
  #announce(connection: ConnectionState, resumes: number): void {
    const words = {
      connecting: '',
      live: resumes > 0 ? 'Live again.' : '',
      reconnecting: 'Connection lost; reconnecting.',
      stopped: describe(connection),
    }[connection.kind];
    if (words === this.#announced) return;
    this.#announced = words;
    setText(this.#announcer, words);
  }
}

function describe(connection: ConnectionState): string {
  switch (connection.kind) {
    case 'connecting':
      return 'Connecting';
    case 'live':
      return 'Live';
    case 'reconnecting':
      return connection.attempts > 1 ? `Reconnecting, try ${connection.attempts}` : 'Reconnecting';
    case 'stopped':
      return `Stopped: ${connection.reason}`;
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
        status === 'ONLINE' ? null : statusWords[status],
        connectionCount > 1 ? `×${connectionCount}` : null,
      ]
        .filter(Boolean)
        .join(' · '),
    ),
  );
}
