/** The client package as it is published, inside a project of its own, which a test fills and compiles. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');

const compilerOptions = {
  target: 'es2023',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['esnext', 'dom', 'dom.iterable'],
  jsx: 'react-jsx',
  types: ['react', 'react-dom'],
  ...{ strict: true, noEmit: true, skipLibCheck: true, verbatimModuleSyntax: true },
};

export class PublishedProject {
  /** Inside this project, so that all other packages are found. */
  readonly folder: string;

  constructor() {
    mkdirSync(join(root, '.data'), { recursive: true });
    this.folder = mkdtempSync(join(root, '.data/live-'));
    const target = join(this.folder, 'node_modules/dispatch-live');
    mkdirSync(target, { recursive: true });
    cpSync(join(root, 'packages/live/package.json'), join(target, 'package.json'));
    run('typescript/bin/tsc', [
      '-p',
      join(root, 'packages/live/tsconfig.build.json'),
      '--outDir',
      join(target, 'dist'),
    ]);
    this.write('package.json', JSON.stringify({ type: 'module' }));
  }

  write(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** @throws with what the compiler complains about */
  checkTypes(globals = ''): void {
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    this.write('src/globals.d.ts', globals);
    run('typescript/bin/tsc', ['-p', this.folder]);
  }

  /** Builds the page of `index.html`. Returns the folder with the result. @throws with what Vite complains about */
  buildPage(): string {
    run('vite/bin/vite.js', ['build', this.folder, '--logLevel', 'error']);
    return join(this.folder, 'dist');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', program), ...args],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`);
}
