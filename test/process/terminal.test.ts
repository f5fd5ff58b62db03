/** Proves what `npm start` prints: words for a person on a terminal, and JSON lines for everybody else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { version } from '../../src/observability/version.ts';
import { tServerProcess } from '../support/server-process.ts';
import { hasTerminals, tTerminal } from '../support/terminal.ts';

const program = resolve(import.meta.dirname, '../../src/main.ts');
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function tStart(env: NodeJS.ProcessEnv = {}) {
  const cwd = await mkdtemp(join(tmpdir(), 'terminal-'));
  undos.push(() => rm(cwd, { recursive: true }));
  return tTerminal([process.execPath, program], {
    cwd,
    env: { HOST: '127.0.0.1', PORT: '0', DATA_DIR: ':memory:', SHUTDOWN_DRAIN_MS: '0', ...env },
  });
}

/** What belongs to a program that reads. */
const machineWords = /^\{|"level":|\bpid\b|node:internal|\n\s+at /m;

(hasTerminals ? describe : describe.skip)('on a terminal', () => {
  test('it says where it is, what it runs on, and how to get a token; Ctrl-C ends it', async () => {
    const terminal = await tStart();
    await terminal.shows('Stop');
    const { shown } = terminal;
    expect(shown).toMatch(/^The dispatch subgraph is ready \(development\)\.$/m);
    const base = /^ {2}GraphQL +(http:\/\/127\.0\.0\.1:\d+)\/graphql$/m.exec(shown)?.[1];
    expect(shown).toContain(`${base}/board`);
    expect(shown).toMatch(/^ {2}Runs on +SQLite \(:memory:\), this process alone$/m);
    expect(shown).toContain('npm run -s token -- --role dispatcher --sub ana');
    expect(shown).not.toMatch(machineWords);
    expect((await fetch(`${base}/board`)).status).toBe(200);

    terminal.pressCtrlC();
    expect(await terminal.over()).toBe(0);
    expect(terminal.shown).toMatch(/^\d\d:\d\d:\d\d info {2}closed ending=clean$/m);
  });

  test('warnings are lines of words', async () => {
    const terminal = await tStart();
    await terminal.shows('Stop');
    expect(terminal.shown).toMatch(
      /^\d\d:\d\d:\d\d warn {2}Tokens are verified with the development secret/m,
    );
  });

  test('a start that fails says why, and nothing of where in the code', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    undos.push(() => other.close());
    const terminal = await tStart({ PORT: String((other.address() as AddressInfo).port) });
    expect(await terminal.over()).toBe(1);
    const last = terminal.shown.trimEnd().split('\n').at(-1);
    expect(last).toMatch(/fatal the service could not start: PORT is \d+, which is in use/);
    expect(terminal.shown).not.toMatch(machineWords);
  });

  test('what the system says of it is said once', async () => {
    const terminal = await tStart({ DATA_DIR: '/proc/nowhere' });
    expect(await terminal.over()).toBe(1);
    expect(terminal.shown.match(/mkdir '\/proc\/nowhere'/g)).toHaveLength(1);
  });

  test('a configuration that allows no start is told in words, with exit code 2', async () => {
    const terminal = await tStart({ NODE_ENV: 'production' });
    expect(await terminal.over()).toBe(2);
    expect(terminal.shown).toContain('JWT_SECRET and JWKS_URL are both unset');
    expect(terminal.shown).not.toMatch(machineWords);
  });

  test('with other pages and tokens it says no more than there is', async () => {
    const terminal = await tStart({ JWKS_URL: 'http://127.0.0.1:1/jwks' });
    await terminal.shows('Stop');
    expect(terminal.shown).toContain('from whoever issues them for this environment');
  });
});

test('to everybody else it writes JSON, line by line', async () => {
  const server = await tServerProcess({ DATA_DIR: ':memory:' });
  const lines = server.lines.map((line) => JSON.parse(line) as { readonly msg: string });
  expect(lines.map(({ msg }) => msg)).toContain('ready');
  // Whoever reads it later asks first what it was that ran.
  expect(lines[0]).toMatchObject({ msg: 'starting', version });
});
