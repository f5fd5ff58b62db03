/** Turns the findings of all checks except the one on changes into parts of the report. */
import type { Composition, Finding } from '../../supergraph/compose.ts';
import { count, folded, formatLine, type Check } from './check.ts';
import type { LintProblem } from '../lint.ts';
import type { FoundOperations } from '../operations/find-operations.ts';
import type { OperationsVerdict } from '../operations/validate-operations.ts';

export function schemaCheck(problem: string): Check {
  const details = problem
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `- ${line}`)
    .join('\n');
  return { title: 'Schema', verdict: 'failed', summary: 'schema/ is not a valid schema', details };
}

export function skippedCheck(title: string): Check {
  return { title, verdict: 'skipped', summary: 'needs a valid schema', details: '' };
}

export function lintCheck(problems: readonly LintProblem[]): Check {
  const details = problems
    .map(({ rule, message, at }) => `- ${formatLine(at)} ${message} (${rule})`)
    .join('\n');
  const failed = problems.length > 0;
  return {
    title: 'Lint',
    verdict: failed ? 'failed' : 'passed',
    summary: failed ? count(problems.length, 'problem') : 'no problems',
    details,
  };
}

export function compositionCheck({ errors, hints }: Composition, subgraphs: readonly string[]): Check {
  const names = subgraphs.join(', ');
  const hintList = hints.map(formatFinding).join('\n');
  if (errors.length > 0) {
    const details = [errors.map(formatFinding).join('\n'), hintList].filter(Boolean).join('\n');
    return { title: 'Composition', verdict: 'failed', summary: `${names} do not compose`, details };
  }
  return {
    title: 'Composition',
    verdict: 'passed',
    summary: `${names} compose, with ${count(hints.length, 'hint')}`,
    details: hints.length > 0 ? folded(count(hints.length, 'hint'), hintList) : '',
  };
}

/** Messages of composition can have several lines, which are indented to stay inside the list item. */
function formatFinding({ code, message, at }: Finding): string {
  const places = at.length > 0 ? ` (${at.map(formatLine).join(', ')})` : '';
  return `- **${code}** ${message.trim().replaceAll('\n', '\n  ')}${places}`;
}

export function driftCheck(paths: readonly string[]): Check {
  const failed = paths.length > 0;
  const list = paths.map((path) => `- \`${path}\``).join('\n');
  return {
    title: 'Generated files',
    verdict: failed ? 'failed' : 'passed',
    summary: failed ? `${paths.length} out of date` : 'up to date',
    details: failed ? `Run \`npm run codegen\` and commit what it writes:\n\n${list}` : '',
  };
}

export function operationsCheck(
  { validCount, invalid, foreignCount }: OperationsVerdict,
  unreadable: FoundOperations['unreadable'],
): Check {
  const lines = [
    ...unreadable.map(({ at, message }) => `- ${formatLine(at)} ${message}`),
    ...invalid.map(({ label, at, message, isAcknowledged }) => {
      const excuse = isAcknowledged ? ' The change behind it is acknowledged.' : '';
      return `- \`${label}\` at ${formatLine(at)}: ${message}${excuse}`;
    }),
  ];
  const failures = unreadable.length + invalid.filter(({ isAcknowledged }) => !isAcknowledged).length;
  const notes = [
    `${validCount} valid`,
    lines.length > 0 ? `${lines.length} invalid` : '',
    foreignCount > 0 ? `${foreignCount} in code not meant for this schema` : '',
  ];
  return {
    title: 'Operations',
    verdict: failures > 0 ? 'failed' : lines.length > 0 ? 'noticed' : 'passed',
    summary: notes.filter(Boolean).join(', '),
    details: lines.join('\n'),
  };
}
