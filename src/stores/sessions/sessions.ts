/** The port of sessions: the status that viewers chose and when they were last seen, kept between their connections. */

export interface Session {
  readonly viewerId: string;
  /** The status that the viewer chose: ONLINE, AWAY, BUSY or OFFLINE. */
  readonly status: string;
  /** When others last saw the viewer connected, milliseconds since the Unix epoch; 0 when they never did. */
  readonly lastSeen: number;
}

/**
 * One session per viewer. It survives reconnects, and in a shared store also the end of a process. It ends when it was not
 * written for `ttlMs`.
 */
export interface Sessions {
  /** Creates the session unless there is one, and renews its time to live. Returns the session that now exists. */
  create(session: Session): Promise<Session>;
  get(viewerId: string): Promise<Session | null>;
  /** The sessions that exist, by viewer id. */
  getMany(viewerIds: readonly string[]): Promise<ReadonlyMap<string, Session>>;
  /** Changes these fields and renews the time to live. Returns the session before and after; null when there is none. */
  update(
    viewerId: string,
    changes: Partial<Omit<Session, 'viewerId'>>,
  ): Promise<{ readonly before: Session; readonly after: Session } | null>;
  delete(viewerId: string): Promise<void>;
  close(): Promise<void>;
}
