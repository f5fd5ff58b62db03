/** The port of users: who they are, as far as anybody knows. */

/** A user as described by their last token, or by the service that issued it. */
export interface KnownUser {
  readonly id: string;
  readonly name: string | null;
  readonly role: string | null;
}

export interface UserRepository {
  /** Stores what a token says of its viewer, where that is new. */
  seen(viewer: KnownUser): Promise<void>;

  /** Those who are known, by id. `signal` cancels calls of other services. */
  find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, KnownUser>>;
}
