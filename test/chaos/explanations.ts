/** Says by which fault it is explained that a client was shown something again, or that a receipt is missing. */
import { faultsOf, type FaultKind } from './fault-kinds.ts';
import type { FaultLog } from './fault-log.ts';
import type { StockSight } from './sightings.ts';
import type { CursorlessClient } from './stock-client.ts';

/** Between two reports of what was acknowledged, and between two writes of receipts, milliseconds. */
const [reportMs, receiptMs] = [1_000, 5_000] as const;
/** By how much a process is late that has to share the machine with all the others. */
const lateMs = 2_000;
const windowMs = reportMs + lateMs;
const receiptWindowMs = receiptMs + lateMs;

export type Reason =
  | 'it was not acknowledged'
  | 'it could not be acknowledged at a drain'
  | 'the way broke within an interval of the acknowledgement'
  | 'a process was killed or frozen within an interval of the acknowledgement'
  | 'nobody could keep what was acknowledged while Redis was away'
  | 'what was kept was lost'
  | 'its connection ended before anybody was known to have read the acknowledgement';

export interface Explained {
  readonly client: Pick<CursorlessClient, 'path' | 'acknowledges' | 'ends'>;
  readonly faults: FaultLog<FaultKind>;
  /** Kinds by which what was kept is lost. */
  readonly lossy?: readonly FaultKind[];
}

/** Why an event came again on a later connection; null where the promise does not allow it. */
export function whyShownAgain(explained: Explained, before: StockSight, again: StockSight): Reason | null {
  const { client } = explained;
  // Whoever says what they have read goes on behind it.
  if (!client.acknowledges) return null;
  const { acknowledgedAt } = before;
  const end = client.ends.get(before.connection);
  if (acknowledgedAt !== undefined) return whyLost(explained, acknowledgedAt, again.at);
  if (!end?.isDrain) return 'it was not acknowledged';
  // A drain waits for the answer of every client that can give one.
  const couldAnswer = !brokeWithin(explained, before.at - windowMs, end.at);
  return couldAnswer ? null : 'it could not be acknowledged at a drain';
}

/** Why an acknowledgement did not last; null where it had to. `noticedAt`: when it was found to be lost. */
function whyLost(
  { client, faults, lossy = [] }: Explained,
  acknowledgedAt: number,
  noticedAt: number,
): Reason | null {
  const from = acknowledgedAt;
  if (client.path?.faults.overlaps(from - lateMs, from + windowMs))
    return 'the way broke within an interval of the acknowledgement';
  if (faults.overlaps(from, from + windowMs, faultsOf.processes))
    return 'a process was killed or frozen within an interval of the acknowledgement';
  // A slot that was asked for while Redis was away is taken, and written, only some time after it is back.
  if (faults.overlaps(from - windowMs, noticedAt, faultsOf.redis))
    return 'nobody could keep what was acknowledged while Redis was away';
  return faults.overlaps(from, noticedAt, lossy) ? 'what was kept was lost' : null;
}

/** Why there is no receipt for a sight that was acknowledged; null where there has to be one. */
export function whyNoReceipt(
  { client, faults }: Explained,
  { acknowledgedAt = 0, isKnown, connection }: StockSight,
): Reason | null {
  const until =
    faults.endOf(acknowledgedAt, acknowledgedAt + receiptWindowMs, faultsOf.postgres) + receiptWindowMs;
  if (client.path?.faults.overlaps(acknowledgedAt - lateMs, acknowledgedAt + lateMs))
    return 'the way broke within an interval of the acknowledgement';
  if (faults.overlaps(acknowledgedAt, until, faultsOf.processes))
    return 'a process was killed or frozen within an interval of the acknowledgement';
  // Also where its process was drained: it waits for an answer, but not for long.
  return !isKnown && client.ends.has(connection)
    ? 'its connection ended before anybody was known to have read the acknowledgement'
    : null;
}

function brokeWithin({ client, faults }: Explained, from: number, to: number): boolean {
  const kinds = [...faultsOf.redis, ...faultsOf.processes];
  return client.path?.faults.overlaps(from, to) || faults.overlaps(from, to, kinds);
}
