/** Lists the targets for the service's figures, and says whether they are met. */
import type { Row } from './rows.ts';
import { ratioOf } from './table.ts';

interface Target {
  readonly workload: string;
  readonly text: string;
  /** Null when a figure that it needs is missing. */
  readonly reached: (find: Find) => { readonly value: string; readonly isMet: boolean } | null;
}

type Find = (subject: Row['subject'], figure: string) => Row[string] | undefined;

/** `least`: the service's figure must be at least so many times that of `other`; `most`: at most. */
function ratio(
  workload: string,
  figure: string,
  limit: { readonly least: number } | { readonly most: number },
  other: 'plain' | 'raw' | 'mercurius' | 'centrifugo',
): Target {
  const isLeast = 'least' in limit;
  const bound = isLeast ? limit.least : limit.most;
  return {
    workload,
    text: `${figure} ${isLeast ? '≥' : '≤'} ${bound} × ${other}`,
    reached(find) {
      const value = ratioOf(find('ours', figure), find(other, figure));
      if (value === null) return null;
      return { value: `${value.toFixed(2)} ×`, isMet: isLeast ? value >= bound : value <= bound };
    },
  };
}

function most(workload: string, figure: string, limit: number, unit: string): Target {
  return {
    workload,
    text: `${figure} ≤ ${limit}${unit}`,
    reached(find) {
      const value = find('ours', figure);
      return typeof value === 'number' ? { value: `${value}${unit}`, isMet: value <= limit } : null;
    },
  };
}

const executionsAreShared: Target = {
  workload: 'storm',
  text: 'executions ≤ distinct events × groups of each',
  reached(find) {
    const [executions, distinct] = [find('ours', 'executions'), find('ours', 'distinctEvents')];
    if (typeof executions !== 'number' || typeof distinct !== 'number') return null;
    return { value: `${executions} of ${distinct}`, isMet: executions <= distinct };
  },
};

const targets: readonly Target[] = [
  ratio('hot', 'deliveriesPerCpuSecond', { least: 4.2 }, 'plain'),
  ratio('hot', 'deliveriesPerCpuSecond', { least: 0.9 }, 'raw'),
  ratio('hot', 'deliveriesPerCpuSecond', { least: 1.5 }, 'centrifugo'),
  ratio('board', 'deliveriesPerCpuSecond', { least: 14 }, 'plain'),
  ratio('board', 'deliveriesPerCpuSecond', { least: 2 }, 'raw'),
  ratio('board', 'deliveriesPerCpuSecond', { least: 2.5 }, 'centrifugo'),
  most('board', 'p50Ms', 30, ' ms'),
  ratio('board', 'kbPerSubscription', { most: 0.3 }, 'plain'),
  ratio('board', 'usPerSubscribe', { most: 0.25 }, 'plain'),
  ratio('board', 'usPerSubscribe', { most: 1.5 }, 'centrifugo'),
  ratio('many', 'deliveriesPerCpuSecond', { least: 1.2 }, 'plain'),
  ratio('many', 'deliveriesPerCpuSecond', { least: 1.1 }, 'centrifugo'),
  ratio('many', 'p99Ms', { most: 1 }, 'plain'),
  ratio('mixed', 'deliveriesPerCpuSecond', { least: 4 }, 'plain'),
  most('mixed', 'lost', 0, ''),
  most('mixed', 'slowReaders', 0, ''),
  most('mixed', 'heapGrowth', 1.05, ''),
  most('storm', 'secondsUntilLive', 5, ' s'),
  most('storm', 'lost', 0, ''),
  executionsAreShared,
  ratio('idle', 'kbPerConnection', { most: 0.4 }, 'plain'),
  most('idle', 'residentMb', 250, ' MB'),
  ratio('entities', 'requestsPerCpuSecond', { least: 2.5 }, 'plain'),
  ratio('entities', 'requestsPerCpuSecond', { least: 0.7 }, 'mercurius'),
  ratio('list', 'requestsPerCpuSecond', { least: 2.5 }, 'plain'),
  ratio('list', 'requestsPerCpuSecond', { least: 0.7 }, 'mercurius'),
];

/** A line for each target whose figures exist. Only figures of scale 1 can be compared with the targets. */
export function formatTargets(rows: readonly Row[]): string[] {
  return targets.flatMap(({ workload, text, reached }) => {
    const find: Find = (subject, figure) =>
      rows.find((row) => row.workload === workload && row.subject === subject)?.[figure];
    const outcome = reached(find);
    return outcome ? [`${outcome.isMet ? 'met   ' : 'missed'}  ${workload}: ${text}: ${outcome.value}`] : [];
  });
}
