/** Loaders: reads by id, batched and remembered for one request or one event. */
import DataLoader from 'dataloader';
import { SharedReads } from '../lib/turns/shared-reads.ts';
import type { Presence, PresentViewer } from '../stores/presence/presence.ts';
import type { Session, Sessions } from '../stores/sessions/sessions.ts';
import type { AlertRepository } from './alert/alert-repository.ts';
import type { AlertState } from './alert/events.ts';
import type { DispatchEvent, DispatchState } from './dispatch/events.ts';
import type { AssignmentState } from './dispatch/assignments/assignment-state.ts';
import type { AssignmentReader, Delivery } from './dispatch/assignments/assignment-reader.ts';
import type { DispatchRepository } from './dispatch/dispatch-repository.ts';
import type { LocationState } from './location/events.ts';
import type { LocationRepository } from './location/location-repository.ts';
import type { UserRepository } from './user/user-repository.ts';

type Found<M> = M extends Promise<ReadonlyMap<string, infer V>> ? V : never;
type ById<V> = DataLoader<string, V>;

export interface Loaders {
  readonly alert: ById<AlertState | null>;
  readonly dispatch: ById<DispatchState | null>;
  /** The newest assignment of dispatches. */
  readonly assignment: ById<AssignmentState | null>;
  /** Whether assignments have reached their crews, by the id of the assignment. */
  readonly delivery: ById<Delivery | null>;
  /** Events of dispatches, newest first, at most `limit` of each. */
  history(limit: number): ById<DispatchEvent[]>;
  /** The last position of dispatches. */
  readonly latestLocation: ById<Found<ReturnType<LocationRepository['latest']>> | null>;
  /** The positions of dispatches, newest first, at most `limit` of each. */
  track(limit: number): ById<LocationState[]>;
  readonly user: ById<Found<ReturnType<UserRepository['find']>> | null>;
  /** Who is online; null for who is not. */
  readonly presence: ById<PresentViewer | null>;
  readonly session: ById<Session | null>;
  /** Forgets what was read; to be called after a change. */
  clearAll(): void;
}

export interface LoaderDeps {
  readonly alerts: Pick<AlertRepository, 'find'>;
  readonly dispatches: DispatchRepository;
  readonly assignmentReader: AssignmentReader;
  readonly locations: LocationRepository;
  readonly users: UserRepository;
  readonly presence: Presence;
  readonly sessions: Sessions;
}

/**
 * Makes the loaders of one request or one event. Each is only made when it is first used, since most never are. `signal`
 * cancels what is read: nothing is begun any more, and calls of other services end.
 */
export function createLoaders(deps: LoaderDeps): (signal?: AbortSignal) => Loaders {
  // A router asks for the same at once for each of its clients. Repositories of dispatches see to that themselves.
  const users: SharedUsers = new SharedReads((ids, signal) => deps.users.find(ids, signal));
  return (signal) => new RequestLoaders(deps, users, signal);
}

type SharedUsers = SharedReads<Found<ReturnType<UserRepository['find']>>>;

class RequestLoaders implements Loaders {
  readonly #deps: LoaderDeps;
  readonly #users: SharedUsers;
  readonly #signal: AbortSignal | undefined;
  #byName = new Map<string, unknown>();

  constructor(deps: LoaderDeps, users: SharedUsers, signal: AbortSignal | undefined) {
    this.#deps = deps;
    this.#users = users;
    this.#signal = signal;
  }

  get alert() {
    return this.#loader('alert', (ids) => this.#deps.alerts.find(ids), null);
  }

  get dispatch() {
    return this.#loader('dispatch', (ids) => this.#deps.dispatches.find(ids, this.#signal), null);
  }

  get assignment() {
    return this.#loader('assignment', (ids) => this.#deps.assignmentReader.newestOf(ids), null);
  }

  get delivery() {
    return this.#loader(
      'delivery',
      (ids) => this.#deps.assignmentReader.deliveriesOf(ids, this.#signal),
      null,
    );
  }

  history(limit: number) {
    return this.#loader(
      `history ${limit}`,
      (ids) => this.#deps.dispatches.history(ids, limit, this.#signal),
      [],
    );
  }

  get latestLocation() {
    return this.#loader('latestLocation', (ids) => this.#deps.locations.latest(ids, this.#signal), null);
  }

  track(limit: number) {
    return this.#loader(`track ${limit}`, (ids) => this.#deps.locations.track(ids, limit, this.#signal), []);
  }

  get user() {
    return this.#loader('user', (ids) => this.#users.read(ids, this.#signal), null);
  }

  get presence() {
    return this.#loader('presence', (ids) => this.#deps.presence.find(ids), null);
  }

  get session() {
    return this.#loader('session', (ids) => this.#deps.sessions.getMany(ids), null);
  }

  clearAll(): void {
    this.#byName.clear();
  }

  /** A name always stands for the same read, and so for the same type. */
  #loader<V, A>(
    name: string,
    find: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>,
    absent: A,
  ): ById<V | A> {
    const known = this.#byName.get(name) as ById<V | A> | undefined;
    if (known) return known;
    const loader = new DataLoader<string, V | A>(async (ids) => {
      this.#signal?.throwIfAborted();
      const found = await find(ids);
      return ids.map((id) => found.get(id) ?? absent);
    });
    this.#byName.set(name, loader);
    return loader;
  }
}
