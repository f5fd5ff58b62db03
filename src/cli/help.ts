/** The command `npm run help`: prints what each npm script is for, from the tables of CONTRIBUTING.md. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCommandLine, runCommand } from './command.ts';

const usage = `Prints what each npm script is for.

  npm run help

  --help   this text; each script has its own: npm run replay -- --help
`;

const root = resolve(import.meta.dirname, '../..');

/** The lines of a section, up to the next title of the same level. */
function readSection(text: string, title: string): readonly string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no section "${title}".`);
  return section.split('\n').slice(1);
}

function formatCommands(lines: readonly string[]): string {
  const rows = lines.map((line) => ({
    title: /^### (.+)/.exec(line)?.[1],
    command: /^\| `(npm [^`]+)` +\| (.+?) +\|$/.exec(line)?.slice(1),
  }));
  const width = Math.max(...rows.map(({ command }) => command?.[0]?.length ?? 0));
  return rows
    .flatMap(({ title, command }) => {
      if (title !== undefined) return [title];
      const [name = '', what = ''] = command ?? [];
      return command ? [`  ${name.padEnd(width)}  ${what.replaceAll('`', '')}`] : [];
    })
    .join('\n');
}

function run(args: readonly string[]): number {
  parseCommandLine(args, {});
  const text = readFileSync(resolve(root, 'CONTRIBUTING.md'), 'utf8');
  process.stdout.write(`${formatCommands(readSection(text, 'Commands')).trim()}\n`);
  return 0;
}

await runCommand({ usage, run });
