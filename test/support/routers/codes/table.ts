/** The tables in the guide for operators of gateways: what clients of each router are told of each code. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { RouterProgram } from '../programs.ts';
import { endings, refusals, unreachable, type CodeCase } from './cases.ts';
import type { Measured, Told } from './measure.ts';

export const guide = resolve(import.meta.dirname, '../../../../docs/gateways.md');
export const readGuide = () => readFile(guide, 'utf8');

/** What was measured, by the case. */
export type Measurements = ReadonlyMap<CodeCase, Measured>;

export interface Column {
  readonly head: string;
  readonly kind: keyof Measured;
  readonly measured: Measurements;
}

/** The page with the table of a router as it was measured. */
export async function withTable(
  page: string,
  { name }: RouterProgram,
  columns: readonly Column[],
): Promise<string> {
  const [begin, end] = [`<!-- codes of ${name}: npm run docs:routers -->`, `<!-- end of ${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  const rows = [...refusals, ...endings]
    .map((one) => ({ one, told: columns.map(({ kind, measured }) => measured.get(one)?.[kind]) }))
    .filter(({ told }) => told.some((words) => words !== undefined))
    .map(({ one, told }) => [one.code ? `\`${one.code}\`` : '–', one.when, ...told.map(cellOf)]);
  const heads = ['code', 'when', ...columns.map(({ head }) => head)];
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const changed = `${page.slice(0, from)}${begin}\n\n${lines.join('\n')}\n\n${page.slice(to)}`;
  return format(changed, { ...(await resolveConfig(guide)), parser: 'markdown' });
}

function cellOf(told: Told | undefined): string {
  return (told ?? ['–']).map((word) => (/^[A-Z_]+$/.test(word) ? `\`${word}\`` : word)).join(', ');
}

/** The codes that the page must explain as never told, with the reason. */
export const neverTold = Object.entries(unreachable)
  .map(([code, why]) => `\`${code}\` (${why})`)
  .join(', ');
