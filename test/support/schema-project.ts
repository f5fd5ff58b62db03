/** Owns a project for reviews of its schema: a git repository of its own whose main branch the change leaves. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach } from '@jest/globals';

const ours = resolve(import.meta.dirname, '../..');

/** What a review of the real project reads. */
const reviewed = [
  'schema',
  'supergraph',
  'supergraph.yaml',
  'examples',
  'src/generated',
  'codegen.ts',
  'eslint.schema.js',
  'package.json',
];

const projects: SchemaProject[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class SchemaProject {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Replaces the one place where `from` stands. */
  edit(path: string, from: string, to: string): void {
    const parts = this.read(path).split(from);
    if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${from}`);
    this.write(path, parts.join(to));
  }

  git(...args: readonly string[]): string {
    const identity = [
      '-c',
      'user.name=Ana',
      '-c',
      'user.email=ana@example.org',
      '-c',
      'commit.gpgsign=false',
    ];
    const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], {
      cwd: this.root,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** Without a path, the whole project. */
  remove(path = ''): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
  }

  /** Runs one of our commands in this project: `src/cli/schema-check.ts`. */
  run(program: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [join(ours, program), ...args], {
      cwd: this.root,
      // Not as a workflow on GitHub, whatever these tests run in.
      env: { ...process.env, GITHUB_STEP_SUMMARY: '', ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolveOutcome, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolveOutcome({ status, stdout, stderr }));
    });
  }
}

function createFolder(): SchemaProject {
  return new SchemaProject(realpathSync(mkdtempSync(join(tmpdir(), 'schema-project-'))));
}

/** A repository with these files on main, and a branch checked out that leaves it. Whoever creates it removes it. */
export function createRepository(files: Readonly<Record<string, string>>): SchemaProject {
  const project = createFolder();
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  startBranch(project);
  return project;
}

/** An empty folder, without git. */
export function tFolder(): SchemaProject {
  const project = createFolder();
  projects.push(project);
  return project;
}

/** The real project as far as a review reads it, with `files` beside, on a branch that leaves main. */
export function tProjectCopy(files: Readonly<Record<string, string>> = {}): SchemaProject {
  const project = tFolder();
  for (const path of reviewed) cpSync(join(ours, path), join(project.root, path), { recursive: true });
  symlinkSync(join(ours, 'node_modules'), join(project.root, 'node_modules'));
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  project.write('.gitignore', 'node_modules\n');
  startBranch(project);
  return project;
}

function startBranch(project: SchemaProject): void {
  project.git('init', '--quiet', '--initial-branch', 'main');
  project.commit('The schema as it is');
  project.git('checkout', '--quiet', '-b', 'change');
}
