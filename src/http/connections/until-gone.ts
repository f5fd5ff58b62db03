/** Whether the client that asked is still there. */
import type { FastifyReply } from 'fastify';
import { CallerLeft } from '../../lib/failures/caller-left.ts';

/**
 * Aborted when the client has left before there was an answer: also where they left while it was found out who they are. `onClose` is
 * called when the response has closed for whatever reason.
 */
export function untilGone({ raw }: FastifyReply, onClose = () => {}): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort(new CallerLeft());
  // It comes once: a listener that takes itself away would cost more.
  raw.on('close', () => {
    onClose();
    // A response that was written whole is closed as well.
    if (!raw.writableFinished) gone.abort(new CallerLeft());
  });
  return gone.signal;
}
