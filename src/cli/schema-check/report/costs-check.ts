/** The part of the report about costs: which known operations cost more or less than before, and which pass their bound. */
import type { ChangedCost, ComparedCosts } from '../operations/compare-costs.ts';
import { count, folded, formatLine, type Check, type Reported } from './check.ts';

export const costsTitle = 'Costs';
const maxShown = 20;

export function costsCheck({ changed }: ComparedCosts): Check {
  const refused = changed.filter(({ excess }) => excess !== null);
  const dearer = changed.filter(({ before, after, excess }) => after > before && excess === null);
  const cheaper = changed.filter(({ before, after, excess }) => after < before && excess === null);
  const notes = [
    refused.length > 0 ? `${count(refused.length, 'operation')} beyond the bound now` : '',
    dearer.length > 0 ? `${count(dearer.length, 'operation')} dearer` : '',
    cheaper.length > 0 ? `${count(cheaper.length, 'operation')} cheaper` : '',
  ].filter(Boolean);
  return {
    title: costsTitle,
    verdict: refused.length + dearer.length > 0 ? 'noticed' : 'passed',
    summary: notes.length > 0 ? notes.join(', ') : 'of the known operations none has changed',
    details: [...listed(refused), ...listed(byGrowth(dearer)), ...foldedList(cheaper)].join('\n\n'),
    findings: [
      ...refused.map((cost) => reportedOf(cost, 'warning')),
      ...dearer.map((cost) => reportedOf(cost, 'warning')),
      ...cheaper.map((cost) => reportedOf(cost, 'notice')),
    ],
  };
}

function reportedOf(cost: ChangedCost, severity: Reported['severity']): Reported {
  const { label, at, before, after, limit, excess } = cost;
  const message = [`${label} costs ${after} of ${limit}, and cost ${before}.`, excess]
    .filter(Boolean)
    .join(' ');
  return { severity, code: excess === null ? 'COST_CHANGED' : 'COST_EXCEEDED', message, at };
}

/** Those that have grown most come first. */
function byGrowth(changed: readonly ChangedCost[]): readonly ChangedCost[] {
  return [...changed].sort((a, b) => b.after - b.before - (a.after - a.before));
}

function listed(changed: readonly ChangedCost[]): readonly string[] {
  if (changed.length === 0) return [];
  const lines = changed.slice(0, maxShown).map(describe);
  const more = changed.length - lines.length;
  return [[...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')];
}

function foldedList(changed: readonly ChangedCost[]): readonly string[] {
  return listed(changed).map((list) => folded(`${count(changed.length, 'operation')} cheaper`, list));
}

function describe({ label, at, before, after, limit, excess }: ChangedCost): string {
  const line = `- \`${label}\` at ${formatLine(at)}: ${before} → ${after} of ${limit}`;
  return excess === null ? line : `${line}. **Refused from now on**: ${excess}`;
}
