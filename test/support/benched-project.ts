/** A copy of this project that a bench can be run in, with a git history of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tFolder, type Outcome, type SchemaProject } from './schema-project.ts';

const original = resolve(import.meta.dirname, '../..');
/** What the service and the bench need to run. */
const parts = ['bench', 'schema', 'src', 'package.json', 'package-lock.json'];

export const program = 'src/main.ts';
export const publishing = 'bench/publishing.ts';

interface Started {
  readonly by: string;
  readonly file: string;
  readonly pid: number;
}

export class BenchedProject {
  readonly files: SchemaProject;
  /** The bench's TMPDIR. */
  readonly temporary: string;

  constructor(files: SchemaProject, temporary: string) {
    this.files = files;
    this.temporary = temporary;
  }

  get #notes(): string {
    return join(this.files.root, 'started.jsonl');
  }

  /** Has the service, and what publishes events to it, note that it was started, and of which version it is. */
  noteAs(version: string): void {
    for (const file of [program, publishing])
      this.files.write(
        file,
        `import { appendFileSync as note } from 'node:fs';
         const started = { by: '${version}', file: import.meta.filename, pid: process.pid };
         note(${JSON.stringify(this.#notes)}, JSON.stringify(started) + '\\n');
         ${readFileSync(join(original, file), 'utf8')}`,
      );
  }

  /** What was started so far. */
  get started(): readonly Started[] {
    const text = existsSync(this.#notes) ? readFileSync(this.#notes, 'utf8') : '';
    // What stands behind the last line's end is on its way.
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Started);
  }

  /** What is left of a checkout: folders, and what git remembers of it. */
  get leftovers() {
    return {
      folders: readdirSync(this.temporary),
      worktrees: this.files
        .git('worktree', 'list', '--porcelain')
        .match(/^worktree .*/gm)
        ?.slice(1),
    };
  }

  bench(...args: readonly string[]) {
    const child = spawn(process.execPath, [join(this.files.root, 'src/cli/bench.ts'), ...args], {
      env: { ...process.env, TMPDIR: this.temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
    const ended = once(child, 'close').then(([status]): Outcome => ({
      status: status as number | null,
      ...printed,
    }));
    return { child, printed, ended };
  }
}

/** All is committed. */
export function tBenchedProject(): BenchedProject {
  const files = tFolder();
  for (const part of parts) cpSync(join(original, part), join(files.root, part), { recursive: true });
  symlinkSync(join(original, 'node_modules'), join(files.root, 'node_modules'));
  files.write('.gitignore', 'node_modules\nstarted.jsonl\n');
  files.git('init', '--quiet');
  files.commit('As it is');
  return new BenchedProject(files, tFolder().root);
}
