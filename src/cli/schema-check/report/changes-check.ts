/** The part of the report about changes: which are breaking, who uses what they touch, and which are acknowledged. */
import {
  acknowledgedPath,
  draftAcknowledgements,
  isAcknowledgedBy,
  type Acknowledgement,
} from '../changes/acknowledged.ts';
import type { SchemaChange } from '../changes/change.ts';
import { count, folded, formatLine, type Check } from './check.ts';
import { usersOf, type Uses } from '../operations/uses.ts';

const title = 'Changes';
const maxUsersShown = 10;

export interface ReviewedChanges {
  readonly all: readonly SchemaChange[];
  readonly acknowledgements: readonly Acknowledgement[];
  readonly uses: Uses;
}

/** For when there is nothing to compare with. */
export function notCompared(reason: string, verdict: 'skipped' | 'noticed' = 'skipped'): Check {
  return { title, verdict, summary: `not compared: ${reason}`, details: '' };
}

export function acknowledgementOf(
  change: SchemaChange,
  acknowledgements: readonly Acknowledgement[],
): Acknowledgement | undefined {
  return acknowledgements.find((acknowledgement) => isAcknowledgedBy(change, acknowledgement));
}

/** `problem` says why the acknowledgements cannot be read; nothing is acknowledged then. */
export function changesCheck(reviewed: ReviewedChanges, problem: string | null): Check {
  const { all, acknowledgements } = reviewed;
  const of = (level: SchemaChange['level']) => all.filter((change) => change.level === level);
  const [breaking, dangerous, safe] = [of('breaking'), of('dangerous'), of('safe')];
  const open = breaking.filter((change) => !acknowledgementOf(change, acknowledgements));
  const stale = acknowledgements.filter(
    (entry) => !breaking.some((change) => isAcknowledgedBy(change, entry)),
  );
  const failed = open.length > 0 || problem !== null;
  const noticed = breaking.length + dangerous.length + stale.length > 0;
  const acknowledged = breaking.length - open.length;
  const sections = [
    problem ?? '',
    section('Breaking', breaking, (change) => describe(change, reviewed)),
    open.length > 0 ? adviceFor(open) : '',
    section('Dangerous', dangerous, (change) => describe(change, reviewed)),
    safe.length > 0 ? folded(count(safe.length, 'safe change'), safe.map(describeShortly).join('\n')) : '',
    section('Stale acknowledgements', stale, ({ kind, path }) => `- ${kind} \`${path}\``),
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
