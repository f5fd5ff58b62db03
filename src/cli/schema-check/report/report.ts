/** Formats the report of a review: as Markdown, for a comment on a pull request, or as JSON. */
import type { Check } from './check.ts';

const signs = { passed: '✅', noticed: '⚠️', failed: '❌', skipped: '➖' } as const;

export function hasFailed(checks: readonly Check[]): boolean {
  return checks.some(({ verdict }) => verdict === 'failed');
}

/** The same for machines, as docs/schema-review.md describes it. */
export function formatJson(checks: readonly Check[], comparedWith: string | null): string {
  const shown = checks.map(({ title, verdict, summary, findings }) => ({
    title,
    verdict,
    summary,
    findings,
  }));
  return JSON.stringify({ mayBeReleased: !hasFailed(checks), comparedWith, checks: shown }, null, 2);
}

/** `comparedWith` names the base, where there is one. */
export function formatReport(checks: readonly Check[], comparedWith: string | null): string {
  const heading = `# Schema review: ${hasFailed(checks) ? `${signs.failed} not yet` : `${signs.passed} may be released`}`;
  const rows = checks.map(({ title, verdict, summary }) => `| ${signs[verdict]} | ${title} | ${summary} |`);
  const sections = checks
    .filter(({ details }) => details)
    .map(({ title, details }) => `## ${title}\n\n${details}`);
  return [
    heading,
    ...(comparedWith === null ? [] : [`Compared with ${comparedWith}.`]),
    ['| | check | result |', '| --- | --- | --- |', ...rows].join('\n'),
    ...sections,
  ].join('\n\n');
}
