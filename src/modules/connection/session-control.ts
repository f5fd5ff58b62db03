/** Ends the sessions of users and lets them in again: first in the record, then on every process. */
import type { SessionEnd } from '../../auth/sessions/session-ends.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { Peers, SilentPeer } from '../../stores/peers/peers.ts';
import type { Decision, SessionEndRecord } from './session-end-record.ts';

export interface SessionControlOptions {
  readonly record: SessionEndRecord;
  /** This process is one of them. */
  readonly peers: Peers;
  /** Deletes the places that are kept for a user to come back to. Never rejects. */
  readonly deleteSlots: (viewerId: string) => Promise<void>;
}

/** What the fields of SessionEnding are taken from. */
export interface AnnouncedEnd {
  readonly userId: string;
  readonly endedAt: Date | null;
  readonly refusedUntil: Date | null;
  readonly endedConnections: number;
  readonly isComplete: boolean;
  readonly silentProcesses: SilentPeer[];
}

export class SessionControl {
  readonly #options: SessionControlOptions;

  constructor(options: SessionControlOptions) {
    this.#options = options;
  }

  async end(decision: Decision, key: MutationKey | null): Promise<AnnouncedEnd> {
    const end = await this.#options.record.end(decision, key);
    const ending = await this.#announce(end);
    // When those who held them have let go of them, so that they are not made anew.
    await this.#options.deleteSlots(decision.viewerId);
    return ending;
  }

  async readmit(decision: Decision, key: MutationKey | null): Promise<AnnouncedEnd> {
    return this.#announce(await this.#options.record.readmit(decision, key));
  }

  /** Whoever does not hear it reads it in the record. */
  async #announce(end: SessionEnd): Promise<AnnouncedEnd> {
    const { answers, silent, isComplete } = await this.#options.peers.ask({ kind: 'session-end', end });
    const { viewerId: userId, endedAt, until } = end;
    return {
      userId,
      endedAt: endedAt === null ? null : new Date(endedAt),
      refusedUntil: endedAt === null || until === null ? null : new Date(until),
      endedConnections: answers.reduce((sum, { ended }) => sum + ended, 0),
      isComplete,
      silentProcesses: [...silent],
    };
  }
}
