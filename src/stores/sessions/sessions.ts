/** Owns the port of sessions: what a viewer chose, kept between its connections. */

export interface Session {
  readonly viewerId: string;
  /** How the viewer chose to be seen: ONLINE, AWAY, BUSY or OFFLINE. */
  readonly status: string;
  /** When the viewer's last connection was seen alive, milliseconds since the Unix epoch. */
  readonly lastSeen: number;
}

/**
 * One session per viewer. It survives reconnects, and on a shared store also the death of a process. It ends `ttlMs`
 * after it was last written.
 */
export interface Sessions {
  /** Creates the session unless there is one; returns the one that now exists, its TTL renewed. */
  create(session: Session): Promise<Session>;
  get(viewerId: string): Promise<Session | null>;
  /** Those that exist, by viewer id. */
  getMany(viewerIds: readonly string[]): Promise<ReadonlyMap<string, Session>>;
  /** Changes the named fields and renews the TTL; returns the session before and after, null when there is none. */
  update(
    viewerId: string,
    changes: Partial<Omit<Session, 'viewerId'>>,
  ): Promise<{ readonly before: Session; readonly after: Session } | null>;
  delete(viewerId: string): Promise<void>;
  close(): Promise<void>;
}
