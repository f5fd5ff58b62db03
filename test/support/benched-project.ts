/** Copies this project into a folder with its own git history, so that a test can run the bench there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tFolder, type Outcome, type SchemaProject } from './schema-project.ts';

const original = resolve(import.meta.dirname, '../..');
/** The files that the service and the bench need. */
const parts = [
  ...['bench', 'schema', 'src', 'package.json', 'package-lock.json'],
  // How `--only rows` and `--only receipts` start a PostgreSQL, and move time.
  ...['postgres.ts', 'open-postgres.ts', 'free-port.ts', 'leash.ts', 'clock.ts'].map((file) =>
    join('test/support', file),
  ),
];

export const program = 'src/main.ts';
export const publishing = 'bench/publishing.ts';

interface Started {
  readonly by: string;
  readonly file: string;
  readonly pid: number;
}

export class BenchedProject {
  readonly files: SchemaProject;
  /** The TMPDIR of the bench. */
  readonly temporary: string;

  constructor(files: SchemaProject, temporary: string) {
    this.files = files;
    this.temporary = temporary;
  }

  get #notes(): string {
    return join(this.files.root, 'started.jsonl');
  }

  /** Has the service, and the file that publishes events to it, record that they were started, and in which version. */
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

  /** What has been started so far. */
  get started(): readonly Started[] {
    const text = existsSync(this.#notes) ? readFileSync(this.#notes, 'utf8') : '';
    // The text after the last line break is not complete yet.
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Started);
  }

  /** What is left of checkouts: temporary folders, and worktrees that git knows. */
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

/** Everything is committed. */
export function tBenchedProject(): BenchedProject {
  const files = tFolder();
  for (const part of parts) cpSync(join(original, part), join(files.root, part), { recursive: true });
  symlinkSync(join(original, 'node_modules'), join(files.root, 'node_modules'));
  files.write('.gitignore', 'node_modules\nstarted.jsonl\n');
  files.git('init', '--quiet');
  files.commit('As it is');
  return new BenchedProject(files, tFolder().root);
}
