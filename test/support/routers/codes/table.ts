/** The tables in the guide for operators of gateways: what clients of each router are told of each code. */
import { withTable } from '../guide.ts';
import type { RouterProgram } from '../programs.ts';
import { endings, refusals, unreachable, type CodeCase } from './cases.ts';
import type { Measured, Told } from './measure.ts';

/** What was measured, by the case. */
export type Measurements = ReadonlyMap<CodeCase, Measured>;

export interface Column {
  readonly head: string;
  readonly kind: keyof Measured;
  readonly measured: Measurements;
}

/** The page with the table of a router as it was measured. */
export function withCodes(
  page: string,
  { name }: RouterProgram,
  columns: readonly Column[],
): Promise<string> {
  const rows = [...refusals, ...endings]
    .map((one) => ({ one, told: columns.map(({ kind, measured }) => measured.get(one)?.[kind]) }))
    .filter(({ told }) => told.some((words) => words !== undefined))
    .map(({ one, told }) => [one.code ? `\`${one.code}\`` : '–', one.when, ...told.map(cellOf)]);
  const heads = ['code', 'when', ...columns.map(({ head }) => head)];
  return withTable(
    page,
    [`<!-- codes of ${name}: npm run docs:routers -->`, `<!-- end of ${name} -->`],
    heads,
    rows,
  );
}

function cellOf(told: Told | undefined): string {
  return (told ?? ['–']).map((word) => (/^[A-Z_]+$/.test(word) ? `\`${word}\`` : word)).join(', ');
}

/** The codes that the page must explain as never told, with the reason. */
export const neverTold = Object.entries(unreachable)
  .map(([code, why]) => `\`${code}\` (${why})`)
  .join(', ');
