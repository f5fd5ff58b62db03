/** What makes the figures of pairs worth less than they look. */
import { showTheSame } from '../shown.ts';
import type { Figures } from '../workloads/workload.ts';
import { sides, type MeasuredPair, type Side } from './pairs.ts';

/** Below this share of what was published, a server does not keep up. */
const keptUpShare = 0.95;
/** Above this share of the time others ran on the server's core, while it could have. */
const disturbedShare = 0.1;

export function warningsOf(pairs: readonly MeasuredPair[], scale: number): string[] {
  const warnings: string[] = [];
  if (pairs.some(({ base, own }) => !showTheSame(base.samples, own.samples)))
    warnings.push('clients are not shown the same by both: the figures are of different work.');
  for (const side of sides) {
    const whose = side === 'base' ? 'the base' : 'this tree';
    const runs = pairs.flatMap((pair) => figuresOf(pair, side));
    const disturbed = runs.filter(({ waitedShare }) => (waitedShare ?? 0) > disturbedShare).length;
    // At a small scale the window may lie between two events.
    const behind = runs.filter(
      ({ deliveredShare }) => scale === 1 && (deliveredShare ?? 1) < keptUpShare,
    ).length;
    if (behind > 0)
      warnings.push(
        `${whose} fell behind in ${behind} of ${runs.length} measurements: late events share writes, which is cheaper.`,
      );
    if (disturbed > 0)
      warnings.push(
        `something else ran on the server's core in ${disturbed} of ${runs.length} measurements of ${whose}: they are those of a busy machine.`,
      );
  }
  return warnings;
}

const figuresOf = (pair: MeasuredPair, side: Side): Figures[] =>
  pair[side].rows.map(({ figures }) => figures);
