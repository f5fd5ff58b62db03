/** Finds what makes the figures of pairs less reliable than they look. */
import { showTheSame } from '../shown.ts';
import type { Figures } from '../workloads/workload.ts';
import { sides, type MeasuredPair, type Side } from './pairs.ts';

/** A server that delivers less than this share of what was published does not keep up. */
const keptUpShare = 0.95;
/** More than this share of the time the server was ready to run while another process had its core. */
const disturbedShare = 0.1;

export function warningsOf(pairs: readonly MeasuredPair[], scale: number): string[] {
  const warnings: string[] = [];
  if (pairs.some(({ base, own }) => !showTheSame(base.samples, own.samples)))
    warnings.push('the two services do not send the same to their clients: the figures cannot be compared.');
  for (const side of sides) {
    const whose = side === 'base' ? 'the base' : 'this tree';
    const runs = pairs.flatMap((pair) => figuresOf(pair, side));
    const disturbed = runs.filter(({ waitedShare }) => (waitedShare ?? 0) > disturbedShare).length;
    // At a small scale there may be no event at all within the window.
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
