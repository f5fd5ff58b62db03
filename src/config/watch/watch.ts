/** Variables about what nobody looks at: how long a crew may take to answer, and after how long something is an alert. */
import type { EnvReader } from '../env-reader.ts';
import { readStatusTimes, readTimes } from './times.ts';

const minAnswerMs = 50;
const minAlertMs = 50;
/** What has arrived is acknowledged within a second and a round trip, and then written with the next batch of receipts. */
const acknowledgedMs = 2_000;

/** All times in milliseconds, null where nothing comes of it. */
export function readWatch(reader: EnvReader, receipts: { readonly isOn: boolean; readonly everyMs: number }) {
  const answerMs = readTimes(reader, 'ASSIGNMENT_ANSWER_MS', minAnswerMs);
  const undeliveredMs = readTimes(reader, 'ALERT_UNDELIVERED_MS', receipts.everyMs + acknowledgedMs);
  const isUndeliveredAlert = Object.values(undeliveredMs).some((ms) => ms !== null);
  if (isUndeliveredAlert && !receipts.isOn)
    reader.refuse(
      'ALERT_UNDELIVERED_MS',
      'stands beside RECEIPTS=off: what was delivered is known from receipts',
      'none where no receipts are kept',
    );
  return {
    answerMs,
    alerts: {
      stalePositionMs: readTimes(reader, 'ALERT_STALE_POSITION_MS', minAlertMs),
      undeliveredMs,
      overdueMs: readStatusTimes(reader, 'ALERT_OVERDUE_MS', minAlertMs),
      answersExpected: Object.values(answerMs).some((ms) => ms !== null),
    },
  };
}
