/** The guide for operators of gateways, whose tables tests write and are held to. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';

export const guide = resolve(import.meta.dirname, '../../../docs/gateways.md');
export const readGuide = () => readFile(guide, 'utf8');

/** The comments around a table. */
export type Marks = readonly [begin: string, end: string];

/** What stands between the marks, and around them. */
function partsOf(page: string, [begin, end]: Marks): readonly [before: string, table: string, after: string] {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  return [page.slice(0, from), page.slice(from + begin.length, to), page.slice(to)];
}

/** The page with another table between the marks, formatted. */
export async function withTable(
  page: string,
  marks: Marks,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const [before, , after] = partsOf(page, marks);
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const changed = `${before}${marks[0]}\n\n${lines.join('\n')}\n\n${after}`;
  return format(changed, { ...(await resolveConfig(guide)), parser: 'markdown' });
}

/** The cells of the table between the marks, without its heads. */
export const readTable = (page: string, marks: Marks): readonly (readonly string[])[] =>
  partsOf(page, marks)[1]
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

/** A table whose rows are measured one by one. */
export interface MeasuredTable {
  readonly marks: Marks;
  readonly heads: readonly string[];
  /** Its rows, by their first cells, in their order. */
  readonly names: readonly string[];
}

const notMeasured = '–';

/** The page with this row as it was measured, and the others as they were. */
export function withRow(
  page: string,
  { marks, heads, names }: MeasuredTable,
  name: string,
  cells: readonly string[],
): Promise<string> {
  const before = new Map(readTable(page, marks).map(([first, ...rest]) => [first!, rest]));
  const empty = heads.slice(1).map(() => notMeasured);
  const rows = names.map((one) => [one, ...(one === name ? cells : (before.get(one) ?? empty))]);
  return withTable(page, marks, heads, rows);
}
