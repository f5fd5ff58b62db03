/** The port of what was lately found out about tokens that only another service can verify. */

/** What the other service said of a token: it is good, it is not, or it was until it expired. */
export type TokenVerdict = 'accepted' | 'revoked' | 'expired';

/**
 * Verdicts by the hash of a token; the token itself is never handed over. On a shared store they are the cluster's, and this
 * process's own while that store cannot be reached. What is forgotten too early costs another question, nothing else, so
 * neither of the two rejects.
 */
export interface TokenVerdicts {
  /** Null when nothing is known, or not any more. */
  find(tokenHash: string): Promise<TokenVerdict | null>;
  /** Takes the place of an earlier verdict. Kept for `forMs` milliseconds at most. */
  note(tokenHash: string, verdict: TokenVerdict, forMs: number): Promise<void>;
  close(): Promise<void>;
}
