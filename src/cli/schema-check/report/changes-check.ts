/** The part of the report about changes: which are breaking, who uses what they touch, and which are acknowledged. */
import {
  acknowledgedPath,
  draftAcknowledgements,
  isAcknowledgedBy,
  isHintAcknowledgedBy,
  type Acknowledgement,
} from '../changes/acknowledged.ts';
import type { SchemaChange } from '../changes/change.ts';
import type { Finding } from '../../supergraph/compose.ts';
import { count, folded, formatLine, type Check, type Reported } from './check.ts';
import { usersOf, type Uses } from '../operations/uses.ts';

const title = 'Changes';
const maxUsersShown = 10;

export interface ReviewedChanges {
  readonly all: readonly SchemaChange[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** Null where there are none because nothing was composed. */
  readonly hints: readonly Finding[] | null;
  readonly uses: Uses;
}

/** For when there is nothing to compare with. */
export function notCompared(reason: string, verdict: 'skipped' | 'noticed' = 'skipped'): Check {
  return { title, verdict, summary: `not compared: ${reason}`, details: '', findings: [] };
}

function acknowledgementOf(
  change: SchemaChange,
  acknowledgements: readonly Acknowledgement[],
): Acknowledgement | undefined {
  return acknowledgements.find((acknowledgement) => isAcknowledgedBy(change, acknowledgement));
}

/** `problem` says why the acknowledgements cannot be read; nothing is acknowledged then. */
export function changesCheck(reviewed: ReviewedChanges, problem: string | null): Check {
  const { all, acknowledgements, hints } = reviewed;
  const of = (level: SchemaChange['level']) => all.filter((change) => change.level === level);
  const [breaking, dangerous, safe] = [of('breaking'), of('dangerous'), of('safe')];
  const open = breaking.filter((change) => !acknowledgementOf(change, acknowledgements));
  const stale = hints ? acknowledgements.filter((entry) => isStale(entry, breaking, hints)) : [];
  const failed = open.length > 0 || problem !== null;
  const noticed = breaking.length + dangerous.length + stale.length > 0;
  const acknowledged = breaking.length - open.length;
  const sections = [
    problem ?? '',
    section('Breaking', breaking, (change) => describe(change, reviewed)),
    open.length > 0 ? adviceFor(open) : '',
    section('Dangerous', dangerous, (change) => describe(change, reviewed)),
    safe.length > 0 ? folded(count(safe.length, 'safe change'), safe.map(describeShortly).join('\n')) : '',
    section(
      'Stale acknowledgements',
      stale,
      ({ kind, path, at }) => `- ${formatLine(at)} ${kind} \`${path}\``,
    ),
    stale.length > 0 ? `These changes no longer exist: remove them from \`${acknowledgedPath}\`.` : '',
  ];
  return {
    title,
    verdict: failed ? 'failed' : noticed ? 'noticed' : 'passed',
    summary: [
      `${breaking.length} breaking${acknowledged > 0 ? ` (${acknowledged} acknowledged)` : ''}`,
      `${dangerous.length} dangerous`,
      `${safe.length} safe`,
      ...(stale.length > 0 ? [count(stale.length, 'stale acknowledgement')] : []),
    ].join(', '),
    details: sections.filter(Boolean).join('\n\n'),
    findings: [
      ...(problem === null ? [] : [unusable(problem)]),
      ...all.map((change) => reportedOf(change, reviewed)),
      ...stale.map(({ kind, path, at }) => ({
        ...{ severity: 'warning' as const, code: 'STALE_ACKNOWLEDGEMENT', at },
        message: `No ${kind} of ${path} is found any more.`,
      })),
    ],
  };
}

function isStale(
  entry: Acknowledgement,
  breaking: readonly SchemaChange[],
  hints: readonly Finding[],
): boolean {
  const isNeeded =
    breaking.some((change) => isAcknowledgedBy(change, entry)) ||
    hints.some((hint) => isHintAcknowledgedBy(hint, entry));
  return !isNeeded;
}

const unusable = (message: string): Reported => ({
  ...{ severity: 'error', code: 'UNUSABLE_ACKNOWLEDGEMENTS', message },
  at: { file: acknowledgedPath, line: 1 },
});

function reportedOf(change: SchemaChange, { acknowledgements, uses }: ReviewedChanges): Reported {
  const { kind: code, level, message, why, at } = change;
  const acknowledged = acknowledgementOf(change, acknowledgements)?.reason;
  const severity =
    level === 'safe' ? 'notice' : level === 'breaking' && acknowledged === undefined ? 'error' : 'warning';
  return {
    ...{ severity, code, message: [`${message}.`, why].filter(Boolean).join(' '), at },
    ...(acknowledged !== undefined && { acknowledged }),
    ...(level !== 'safe' && {
      usedBy: usersOf(change, uses).map(({ label, at: line }) => ({ label, at: line })),
    }),
  };
}

function section<Item>(heading: string, items: readonly Item[], format: (item: Item) => string): string {
  return items.length > 0 ? [`### ${heading}`, items.map(format).join('\n')].join('\n\n') : '';
}

function describe(change: SchemaChange, { acknowledgements, uses }: ReviewedChanges): string {
  const { why } = change;
  const acknowledgement = acknowledgementOf(change, acknowledgements);
  return [
    describeShortly(change) + (why ? ` ${why}` : ''),
    ...describeUsers(change, uses),
    ...(acknowledgement
      ? [`  - acknowledged: ${acknowledgement.reason.trim().replaceAll(/\s+/g, ' ')}`]
      : []),
  ].join('\n');
}

function describeShortly({ kind, message, at, isInBase }: SchemaChange): string {
  return `- **${kind}** ${formatLine(at)}${isInBase ? ' (line of the base)' : ''}: ${message}.`;
}

function describeUsers(change: SchemaChange, uses: Uses): readonly string[] {
  const users = usersOf(change, uses);
  if (users.length === 0) return ['  - used by nobody in this repository'];
  const shown = users
    .slice(0, maxUsersShown)
    .map(({ label, at }) => `  - used by ${label} at ${formatLine(at)}`);
  const more = users.length - shown.length;
  return more > 0 ? [...shown, `  - and ${more} more`] : shown;
}

function adviceFor(open: readonly SchemaChange[]): string {
  return [
    `Keep what clients use and deprecate it first. If this change may be released, say why in \`${acknowledgedPath}\`:`,
    `\`\`\`yaml\n${draftAcknowledgements(open)}\n\`\`\``,
  ].join('\n\n');
}
