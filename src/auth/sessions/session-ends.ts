/** Whose sessions were ended, as this process knows it: tokens from before are refused, whoever has verified them. */
import { type Clock, hasCome } from '../../lib/clock.ts';
import { ClientError } from '../../lib/errors.ts';
import type { Viewer } from '../viewer.ts';

/** That the sessions of a user were ended. All dates are milliseconds since the Unix epoch. */
export interface SessionEnd {
  readonly viewerId: string;
  /** Tokens of this time and before are refused; null where that was taken back. */
  readonly endedAt: number | null;
  /** When the last of those tokens has expired; null where one of them may never. */
  readonly until: number | null;
  /** Grows with each change: of two that are told of the same viewer, the one with the later date counts. */
  readonly changedAt: number;
}

/** Ends what is open of viewers whose session was ended. Returns how much that was. */
export type EndOpen = () => number;

export interface SessionEndsOptions {
  /** That by which ends are dated. */
  readonly clock: Pick<Clock, 'now'>;
  /** Called when a token is refused that lives until `expiresAt` (null: for ever), longer than the end was to be kept. */
  readonly onOutlived: (viewerId: string, expiresAt: number | null) => void;
}

/** The record says whose sessions were ended. A process has it all in mind, so that no request waits for it. */
export class SessionEnds {
  readonly #options: SessionEndsOptions;
  /** By viewer. As many as the record takes: see `SessionEndRecord`. */
  readonly #ends = new Map<string, SessionEnd>();
  readonly #listeners = new Set<EndOpen>();

  constructor(options: SessionEndsOptions) {
    this.#options = options;
  }

  /** Whether a viewer's token is of before the end of their sessions. One that does not say when it was issued counts as that. */
  hasEnded(viewer: Viewer): boolean {
    return this.#endOf(viewer) !== undefined;
  }

  /** @throws UNAUTHENTICATED, `reason: SESSION_ENDED` */
  refuseEnded(viewer: Viewer): void {
    const end = this.#endOf(viewer);
    if (!end) return;
    this.#noteOutlived(end, viewer);
    const message = 'The session was ended: sign in anew.';
    throw new ClientError('UNAUTHENTICATED', message, { reason: 'SESSION_ENDED' });
  }

  /** Takes ends that are new or have changed, and ends what is open. Returns how much that was. */
  note(ends: readonly SessionEnd[]): number {
    const news = ends.filter((end) => end.changedAt > (this.#ends.get(end.viewerId)?.changedAt ?? -Infinity));
    if (news.length === 0) return 0;
    for (const end of news) this.#ends.set(end.viewerId, end);
    let ended = 0;
    for (const endOpen of this.#listeners) ended += endOpen();
    return ended;
  }

  /** Forgets those that changed before a date and are not among these, which are all that the record has. */
  forgetOthers(ends: readonly SessionEnd[], before: number): void {
    const kept = new Set(ends.map(({ viewerId }) => viewerId));
    for (const { viewerId, changedAt } of this.#ends.values())
      if (changedAt < before && !kept.has(viewerId)) this.#ends.delete(viewerId);
  }

  /** From now on `endOpen` is called when sessions were ended. The returned function ends that. */
  onEnded(endOpen: EndOpen): () => void {
    this.#listeners.add(endOpen);
    return () => this.#listeners.delete(endOpen);
  }

  #endOf({ id, issuedAt = -Infinity }: Viewer): SessionEnd | undefined {
    // As the record has it.
    const end = this.#ends.get(id.toWellFormed());
    if (!end || end.endedAt === null || issuedAt > end.endedAt) return undefined;
    return end.until !== null && hasCome(end.until, this.#options.clock.now()) ? undefined : end;
  }

  /**
   * Of a token that does not say when it was issued nobody knows whether it is one of those that are to be refused. Such tokens are let
   * in again when the others have expired, and do not put that off.
   */
  #noteOutlived(end: SessionEnd, { expiresAt, issuedAt }: Viewer): void {
    const { viewerId, until } = end;
    if (issuedAt === undefined || until === null || (expiresAt !== null && expiresAt <= until)) return;
    // Once, however often it is shown.
    this.#ends.set(viewerId, { ...end, until: expiresAt });
    this.#options.onOutlived(viewerId, expiresAt);
  }
}
