/** The table of attacks in the operations guide: made of the attacks themselves. */
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { defaultBounds, type Attack, type AttackKind } from './attack.ts';

const attacksFolder = resolve(import.meta.dirname, '../../attack');
const begin = '<!-- attacks: npm run docs:attacks -->';
const end = '<!-- end of attacks -->';

export const guide = resolve(import.meta.dirname, '../../../docs/operations.md');

/** The kinds of attacks there are, by the name of the file that has them. */
export async function readKinds(): Promise<ReadonlyMap<string, AttackKind>> {
  const kinds = new Map<string, AttackKind>();
  for (const file of (await readdir(attacksFolder)).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const module = (await import(resolve(attacksFolder, file))) as Readonly<Record<string, unknown>>;
    const kind = Object.values(module).find(isKind);
    if (!kind) throw new Error(`test/attack/${file} exports no kind of attack.`);
    kinds.set(file, kind);
  }
  return kinds;
}

function isKind(exported: unknown): exported is AttackKind {
  return typeof exported === 'object' && exported !== null && 'title' in exported && 'attacks' in exported;
}

/** The page with its table as the attacks have it today. */
export async function withTable(page: string): Promise<string> {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  const rows = [...(await readKinds()).values()].flatMap(({ title, attacks }) =>
    attacks.map((attack) => rowOf(title, attack)),
  );
  const table = ['| kind | input | held by | answer |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const text = `${page.slice(0, from)}${begin}\n\n${table}\n\n${page.slice(to)}`;
  return format(text, { ...(await resolveConfig(guide)), parser: 'markdown' });
}

export const readGuide = () => readFile(guide, 'utf8');

function rowOf(title: string, { name, heldBy, answered, mayAnswer = [], bounds = {} }: Attack): string {
  const { longestTurnMs, peakMiB } = { ...defaultBounds, ...bounds };
  const own = [
    ...(longestTurnMs === defaultBounds.longestTurnMs ? [] : [`a turn of ${longestTurnMs} ms`]),
    ...(peakMiB === defaultBounds.peakMiB ? [] : [`${peakMiB} MiB`]),
  ];
  const cells = [title, name, [heldBy, ...own].join('; '), [...answered, ...mayAnswer].map(shown).join(', ')];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** Codes as code, words as words. */
function shown(answer: string): string {
  return /^[A-Z_]+$/.test(answer) ? `\`${answer}\`` : answer;
}
