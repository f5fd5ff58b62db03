/** Turns the findings of all checks except the one on changes into parts of the report. */
import type { Composition, Finding } from '../../supergraph/compose.ts';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import { isHintAcknowledgedBy, type Acknowledgement } from '../changes/acknowledged.ts';
import { count, folded, formatLine, type Check, type Reported } from './check.ts';
import type { LintProblem } from '../lint.ts';
import type { SdlProblem } from '../sdl.ts';
import type { FoundOperations } from '../operations/find-operations.ts';
import type { OperationsVerdict } from '../operations/validate-operations.ts';

export function schemaCheck(problems: readonly SdlProblem[]): Check {
  return {
    ...{ title: 'Schema', verdict: 'failed', summary: 'schema/ is not a valid schema' },
    details: problems.map(({ at, message }) => `- ${formatLine(at)} ${message}`).join('\n'),
    findings: problems.map(({ at, message }) => ({ ...failing, code: 'INVALID_SCHEMA', message, at })),
  };
}

const failing = { severity: 'error' } as const;

export function skippedCheck(title: string): Check {
  return { title, verdict: 'skipped', summary: 'needs a valid schema', details: '', findings: [] };
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
    findings: problems.map(({ rule: code, message, at }) => ({ ...failing, code, message, at })),
  };
}

/** Hints that are meant are counted, and not shown: `schema/acknowledged.yaml` says why they are. */
export function compositionCheck(
  { errors, hints: all }: Composition,
  subgraphs: readonly string[],
  acknowledgements: readonly Acknowledgement[],
): Check {
  const names = subgraphs.join(', ');
  const hints = all.filter((hint) => !acknowledgements.some((entry) => isHintAcknowledgedBy(hint, entry)));
  const hintList = hints.map(formatFinding).join('\n');
  const findings = [
    ...errors.map((error) => reportedOf(error, 'error')),
    ...hints.map((hint) => reportedOf(hint, 'notice')),
  ];
  if (errors.length > 0) {
    const details = [errors.map(formatFinding).join('\n'), hintList].filter(Boolean).join('\n');
    return { title: 'Composition', verdict: 'failed', summary: `${names} do not compose`, details, findings };
  }
  const meant = all.length - hints.length;
  const notes = [
    hints.length > 0 ? `with ${count(hints.length, 'hint')}` : '',
    meant > 0 ? `${count(meant, 'hint')} acknowledged` : '',
  ].filter(Boolean);
  return {
    ...{ title: 'Composition', verdict: 'passed', findings },
    summary: [`${names} compose`, ...notes].join(', '),
    details: hints.length > 0 ? folded(count(hints.length, 'hint'), hintList) : '',
  };
}

/** Where composition names no line, it is about the subgraphs together. */
const placesOf = ({ at }: Finding): readonly [SourceLine, ...SourceLine[]] => {
  const [first = { file: 'supergraph.yaml', line: 1 }, ...more] = at;
  return [first, ...more];
};

function reportedOf(finding: Finding, severity: Reported['severity']): Reported {
  const { code, message } = finding;
  return { severity, code, message: message.trim(), at: placesOf(finding)[0] };
}

/** Messages of composition can have several lines, which are indented to stay inside the list item. */
function formatFinding(finding: Finding): string {
  const places = placesOf(finding).map(formatLine).join(', ');
  return `- **${finding.code}** ${finding.message.trim().replaceAll('\n', '\n  ')} (${places})`;
}

export function driftCheck(lines: readonly SourceLine[]): Check {
  const failed = lines.length > 0;
  const list = lines.map((at) => `- ${formatLine(at)}`).join('\n');
  const message = 'It is not what npm run codegen makes of schema/, from this line on.';
  return {
    title: 'Generated files',
    verdict: failed ? 'failed' : 'passed',
    summary: failed ? `${lines.length} out of date` : 'up to date',
    details: failed
      ? `Run \`npm run codegen\` and commit what it writes. They differ from here on:\n\n${list}`
      : '',
    findings: lines.map((at) => ({ ...failing, code: 'OUT_OF_DATE', message, at })),
  };
}

export function operationsCheck(
  { validCount, invalid, foreignCount }: OperationsVerdict,
  unreadable: FoundOperations['unreadable'],
): Check {
  const lines = [
    ...unreadable.map(({ at, message }) => `- ${formatLine(at)} ${message}`),
    ...invalid.map(({ label, at, message }) => `- \`${label}\` at ${formatLine(at)}: ${message}`),
  ];
  const notes = [
    `${validCount} valid`,
    lines.length > 0 ? `${lines.length} invalid` : '',
    foreignCount > 0 ? `${foreignCount} in code not meant for this schema` : '',
  ];
  return {
    title: 'Operations',
    verdict: lines.length > 0 ? 'failed' : 'passed',
    summary: notes.filter(Boolean).join(', '),
    details: lines.join('\n'),
    findings: [
      ...unreadable.map(({ at, message }) => ({ ...failing, code: 'UNREADABLE_OPERATION', message, at })),
      ...invalid.map(({ label, at, message }) => ({
        ...{ ...failing, code: 'INVALID_OPERATION', at },
        message: `${label}: ${message}`,
      })),
    ],
  };
}
