/** What this process answers when another one asks all of them. */
import type { SessionEnds } from '../../auth/sessions/session-ends.ts';
import type { SlotKeeper } from '../../realtime/slots/slot-keeper.ts';
import { processName } from '../../lib/system/process-name.ts';
import type { Peers } from '../../stores/peers/peers.ts';
import type { Endpoints } from '../endpoints.ts';

export function answerPeers(
  peers: Peers,
  ends: Pick<SessionEnds, 'note'>,
  { findLive }: Pick<Endpoints, 'findLive'>,
  slots: Pick<SlotKeeper, 'holds'> | null,
): void {
  const process = processName();
  peers.listen(async (question) => {
    const { kind } = question;
    if (kind === 'session-end') return { kind, ended: ends.note([question.end]) };
    if (kind === 'slots')
      return { kind, held: question.generations.filter((generation) => slots?.holds(generation)) };
    const { total, subscriptions } = await findLive(question.filter, process);
    return { kind, total, subscriptions: [...subscriptions] };
  });
}
