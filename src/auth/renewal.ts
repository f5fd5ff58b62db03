/** What an operation may ask of the connection that it came over: to go on with a newer token. */
import type { Viewer } from './viewer.ts';

export interface RenewableSession {
  /**
   * From now on the connection rests on this token of its viewer. Resolves with what the token says of them, when every stream was
   * judged by it: those that it does not allow have ended.
   *
   * Rejects with what `Authentication.ofConnection` rejects with, and with FORBIDDEN where the token is of another viewer. Then
   * nothing has changed.
   */
  renew(token: string): Promise<Viewer>;
}
