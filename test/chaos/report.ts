/** Formats the outcome of a chaos run for people. */
import type { ChaosOptions, Outcome } from './chaos.ts';
import { faultKinds } from './faults.ts';

const maxOffences = 40;
const maxEvidence = 200;

/** Printed first, so that even a run that hangs can be repeated with its seed. */
export function formatBeginning({ seed, durationMs, law }: ChaosOptions): string {
  return `chaos, ${law}: ${durationMs / 1000} s, seed ${seed}\n`;
}

/** The figures of a run as a few lines. */
export function formatFigures(outcome: Outcome): string {
  const {
    faults,
    writer,
    audience,
    stockClients,
    stockVerdict,
    gaps,
    log,
    subscribers,
    dispatches,
    caughtUpMs,
  } = outcome;
  const total = faults.values().reduce((sum, count) => sum + count, 0);
  const kinds = faultKinds.flatMap((kind) => (faults.has(kind) ? `${kind} ${faults.get(kind)}` : []));
  const errors = [...log.explained].map(
    ([message, { count, because }]) => `"${message}" ${count} (${because})`,
  );
  return [
    `  faults      ${total}: ${kinds.join(', ')}`,
    `  events      ${writer.changes} changes of ${dispatches} dispatches, ${writer.uncertain} requests without an answer, slowest answer ${Math.round(writer.slowestMs)} ms`,
    `  deliveries  ${audience.events} to ${subscribers} subscribers, ${audience.reconnects} reconnects; all seen ${Math.round(caughtUpMs)} ms after the last change`,
    `  stock       ${stockClients.events} events to ${stockClients.size} clients without cursors, ${stockClients.reconnects} reconnects (${stockClients.plainReconnects} by those behind a balancer), ${stockClients.turnedAway} closed with 1013; all live ${Math.round(stockClients.liveMs)} ms after the last fault, the slowest ${Math.round(stockClients.slowestMs)} ms after its connection`,
    ...(stockVerdict
      ? [
          `              ${stockVerdict.complaints.length} missed something, ${stockVerdict.repeated} events were shown again on a later connection, ${stockVerdict.beganAnew} snapshots in place of events`,
        ]
      : []),
    `  gaps        ${log.healed} healed, ${log.lost} lost; of these by the processes alive at the end ${gaps.healed} and ${gaps.lost}`,
    `  errors      ${errors.join(', ') || 'none'}`,
    '',
  ].join('\n');
}

/** What went wrong, with the command that repeats the run. Empty when nothing did. */
export function formatOffences({ seed, durationMs }: ChaosOptions, { offences, evidence }: Outcome): string {
  if (offences.length === 0) return '';
  const more = (all: readonly string[], max: number) =>
    all.length > max ? [`… and ${all.length - max} more`] : [];
  return [
    `npm run test:chaos -- --seed ${seed} --seconds ${durationMs / 1000}: ${offences.length} promises were not kept`,
    ...offences.slice(0, maxOffences),
    ...more(offences, maxOffences),
    'log lines of the processes:',
    ...evidence.slice(-maxEvidence),
    ...more(evidence, maxEvidence),
  ].join('\n');
}
