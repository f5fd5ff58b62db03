/** Users as MS Auth knows them, or as their tokens describe them where MS Auth cannot say. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { MsAuth } from '../../../upstreams/ms-auth.ts';
import type { KnownUser, UserRepository } from '../user-repository.ts';

export interface MsAuthUserRepositoryOptions {
  readonly client: Pick<MsAuth, 'users'>;
  /** Has what tokens said of users. */
  readonly seen: UserRepository;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long an answer about a user, or that there is none, is used again, milliseconds. */
const rememberMs = 60_000;
const maxRemembered = 10_000;

export class MsAuthUserRepository implements UserRepository {
  readonly #options: MsAuthUserRepositoryOptions;
  /** What MS Auth answered. An old answer is used where it cannot be asked again. */
  readonly #answers: LRUCache<string, { readonly user: KnownUser | null }>;

  constructor(options: MsAuthUserRepositoryOptions) {
    this.#options = options;
    this.#answers = new LRUCache({
      max: maxRemembered,
      ttl: rememberMs,
      ttlResolution: 0,
      perf: options.clock,
      allowStale: true,
      noDeleteOnStaleGet: true,
    });
  }

  seen(viewer: KnownUser): Promise<void> {
    return this.#options.seen.seen(viewer);
  }

  async find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, KnownUser>> {
    const [seen] = await Promise.all([this.#options.seen.find(ids), this.#ask(ids, signal)]);
    return new Map(
      ids.flatMap((id) => {
        const [known, named] = [this.#answers.get(id)?.user, seen.get(id)];
        if (!known) return named ? [[id, named]] : [];
        return [
          [id, { id, name: known.name ?? named?.name ?? null, role: known.role ?? named?.role ?? null }],
        ];
      }),
    );
  }

  /** Brings the answers up to date, if MS Auth can be reached. */
  async #ask(ids: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { client, log } = this.#options;
    // Its users have numbers.
    const asked = [...new Set(ids)].filter((id) => /^\d{1,18}$/.test(id) && !this.#answers.has(id));
    if (asked.length === 0) return;
    try {
      const found = await client.users(asked, signal);
      for (const id of asked) {
        const profile = found.get(id);
        const user = profile ? { id, name: profile.name, role: profile.roles[0] ?? null } : null;
        this.#answers.set(id, { user });
      }
    } catch (error) {
      log.debug({ err: error }, 'users could not be asked for; their tokens say who they are');
    }
  }
}
