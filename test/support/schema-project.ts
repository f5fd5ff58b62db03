/** Makes projects for tests of commands that need git: a repository with a branch that leaves main. */
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
import { parse, stringify } from 'yaml';

const ours = resolve(import.meta.dirname, '../..');

/** The files of this project that a schema review reads. */
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

  /** Replaces the only occurrence of `from`. */
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

  /** Without a path, it is the whole project. */
  remove(path = ''): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
  }

  /** Runs a command of the real project in this one; for example `src/cli/schema-check.ts`. */
  run(program: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [join(ours, program), ...args], {
      cwd: this.root,
      // The command must not believe that it runs in a GitHub workflow, even when these tests do.
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

/** A repository with these files on main, and a new branch checked out. The caller removes it. */
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

/** The files of the real project that a review reads, and `files`, with a new branch checked out. */
export function tProjectCopy(files: Readonly<Record<string, string>> = {}): SchemaProject {
  const project = tFolder();
  for (const path of reviewed) cpSync(join(ours, path), join(project.root, path), { recursive: true });
  // Changes that are acknowledged here are those that the copy begins with; hints stay.
  const acknowledged = parse(project.read('schema/acknowledged.yaml')) as readonly {
    readonly kind: string;
  }[];
  const hints = acknowledged.filter(({ kind }) => kind === 'FROM_SUBGRAPH_DOES_NOT_EXIST');
  project.write('schema/acknowledged.yaml', stringify(hints));
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
