/** Formats the outcome of a chaos run for people. */
import type { ChaosOptions, Outcome } from './chaos.ts';
import { faultKinds } from './fault-kinds.ts';

const maxOffences = 40;
/** Of one client. */
const maxOfOne = 3;
const maxEvidence = 200;

/** Printed first, so that even a run that hangs can be repeated with its seed. */
export function formatBeginning({ seed, faults, setUp, beside }: ChaosOptions): string {
  const release = beside ? `, beside processes of ${beside.ref}` : '';
  return `chaos, ${setUp}: ${faults} faults, seed ${seed}${release}\n`;
}

const sorts = ['lost', 'out of order', 'shown twice without a reason'] as const;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const counts = (all: ReadonlyMap<string, number>): string =>
  [...all].map(([what, count]) => `${count} (${what})`).join(', ') || 'none';

/** The figures of a run as a few lines. */
export function formatFigures(outcome: Outcome): string {
  const { faults, tookMs, writer, audience, stockClients, stockVerdict, receipts, log } = outcome;
  const { subscribers, latest, caughtUpMs, liveMs } = outcome;
  const total = faults.values().reduce((sum, count) => sum + count, 0);
  const kinds = faultKinds.flatMap((kind) => (faults.has(kind) ? `${kind} ${faults.get(kind)}` : []));
  const mistakes = sorts.map((sort) => `${sort} ${stockVerdict.mistakes.get(sort) ?? 0}`);
  const errors = [...log.explained].map(
    ([message, { count, because }]) => `"${message}" ${count} (${because})`,
  );
  return [
    `  faults      ${total} in ${seconds(tookMs)}: ${kinds.join(', ')}`,
    `  events      ${writer.changes} changes of ${latest.size} dispatches, ${writer.uncertain} requests without an answer, slowest answer ${seconds(writer.slowestMs)}`,
    `  deliveries  ${audience.events} to ${subscribers} clients with cursors, ${audience.reconnects} reconnects; all seen ${seconds(caughtUpMs)} after the last change`,
    `  stock       ${stockClients.events} events to ${stockClients.size} clients without cursors, ${stockClients.reconnects} reconnects (${stockClients.plainReconnects} by those behind a balancer), ${stockClients.turnedAway} closed with 1013, the longest ${seconds(stockClients.longestAwayMs)} away; all live ${seconds(liveMs)} after the last fault, the slowest ${seconds(stockClients.slowestMs)} after its connection`,
    `  mistakes    ${mistakes.join(', ')}, clients dead ${stockClients.dead}`,
    `  shown again ${counts(stockVerdict.repeated)}; ${stockVerdict.beganAnew} snapshots in place of events, ${stockVerdict.lost} gaps where something may be lost`,
    `  receipts    ${receipts.receipts} for ${receipts.versions} versions, ${receipts.judged} times judged, ${receipts.complaints.length} wrong; acknowledged, and without one: ${counts(receipts.missing)}`,
    `  gaps        ${log.healed} healed, ${log.lost} lost`,
    `  errors      ${errors.join(', ') || 'none'}`,
    '',
  ].join('\n');
}

/** What went wrong, with the command that repeats the run. Empty when nothing did. */
export function formatOffences(
  { seed, faults, setUp, beside }: ChaosOptions,
  { offences, evidence }: Outcome,
): string {
  if (offences.length === 0) return '';
  const more = (all: readonly string[], max: number) =>
    all.length > max ? [`… and ${all.length - max} more`] : [];
  // The name of a client stands first.
  const byClient = Map.groupBy(offences, (offence) => offence.split(/:| is /, 1)[0]);
  const told = [...byClient.values()].flatMap((own) => own.slice(0, maxOfOne));
  const release = beside ? ` --beside ${beside.ref}` : '';
  return [
    `npm run test:chaos -- --seed ${seed} --faults ${faults} --set-up ${setUp}${release}: ${offences.length} promises were not kept`,
    ...told.slice(0, maxOffences),
    ...more(told, maxOffences),
    'log lines of the processes:',
    ...evidence.slice(-maxEvidence),
    ...more(evidence, maxEvidence),
  ].join('\n');
}
