/** Owns the port of users: who they are, as far as anybody told. */

/** A user as its last token, or the service that issued it, named it. */
export interface KnownUser {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
}

export interface UserRepository {
  /** Remembers what a token says of its viewer. Writes only what is new. */
  seen(viewer: KnownUser): Promise<void>;

  /** Those who are known, by id. */
  find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, KnownUser>>;
}
