/** Users as MS Auth knows them, or as their tokens describe them where MS Auth cannot say. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../../lib/memory/most-entries.ts';
import { chooseRole } from '../../../auth/roles.ts';
import { cacheTime, type Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { AuthProfile, MsAuth } from '../../../upstreams/ms-auth.ts';
import type { KnownUser, UserRepository } from '../user-repository.ts';

export interface MsAuthUserRepositoryOptions {
  readonly client: Pick<MsAuth, 'users'>;
  /** Has what tokens said of users. */
  readonly seen: UserRepository;
  readonly clock: Clock;
  /** How long an answer stands in for a newer one where MS Auth cannot be asked, milliseconds. */
  readonly cacheMs: number;
  readonly log: Logger;
}

/** How long an answer about a user, or that there is none, is used again, milliseconds. */
const rememberMs = 60_000;
const maxRemembered = 10_000;

interface Answer {
  /** Null where MS Auth could not describe the user, or has none of this id. */
  readonly profile: AuthProfile | null;
  readonly freshUntil: number;
}

export class MsAuthUserRepository implements UserRepository {
  readonly #options: MsAuthUserRepositoryOptions;
  /** What MS Auth answered, kept for as long as it may stand in. */
  readonly #answers: LRUCache<string, Answer>;

  constructor(options: MsAuthUserRepositoryOptions) {
    this.#options = options;
    this.#answers = new LRUCache({
      ...mostEntries(maxRemembered),
      ttl: rememberMs + options.cacheMs,
      ttlResolution: 0,
      perf: cacheTime(options.clock),
    });
  }

  seen(viewer: KnownUser): Promise<void> {
    return this.#options.seen.seen(viewer);
  }

  async find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, KnownUser>> {
    const [seen] = await Promise.all([this.#options.seen.find(ids), this.#ask(ids, signal)]);
    return new Map(
      ids.flatMap((id) => {
        const [profile, named] = [this.#answers.get(id)?.profile, seen.get(id)];
        if (!profile) return named ? [[id, named]] : [];
        // No role by MS Auth's word is not the same as no word.
        const role = profile.roles === null ? (named?.role ?? null) : chooseRole(profile.roles);
        return [[id, { id, name: profile.name ?? named?.name ?? null, role }]];
      }),
    );
  }

  /** Brings the answers up to date, if MS Auth can be reached. */
  async #ask(ids: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { client, clock, log } = this.#options;
    const isFresh = (id: string) => (this.#answers.get(id)?.freshUntil ?? 0) > clock.elapsed();
    // Its users have numbers.
    const asked = [...new Set(ids)].filter((id) => /^\d{1,18}$/.test(id) && !isFresh(id));
    if (asked.length === 0) return;
    try {
      const found = await client.users(asked, signal);
      const freshUntil = clock.elapsed() + rememberMs;
      for (const id of asked) this.#answers.set(id, { profile: found.get(id) ?? null, freshUntil });
    } catch (error) {
      log.debug({ err: error }, 'users could not be asked for; their tokens say who they are');
    }
  }
}
