/** Proves that at the deadline of its shutdown the process is gone, whatever is stuck. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { tServerProcess } from '../support/server-process.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A flag that has Node run this code before the service. */
const running = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

async function tPipe(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dispatch-'));
  undos.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test('when its event loop never turns again', async () => {
  const loop = `process.on('SIGTERM', () => setImmediate(() => { for (;;); }));`;
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '500' }, { nodeFlags: running(loop) });
  expect(await server.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGKILL' });
}, 30_000);

test.each([
  [
    'waits for a file',
    (path: string) => `import fs from 'node:fs'; fs.open(${JSON.stringify(path)}, 'r', () => {});`,
  ],
  [
    'wait for files',
    (path: string) =>
      `import fs from 'node:fs'; process.on('SIGTERM', () => { for (let i = 0; i < 9; i += 1) fs.open(${JSON.stringify(path)}, 'r', () => {}); });`,
  ],
])(
  'when threads of it %s for ever, with the exit code that says how it went',
  async (_what, code) => {
    // Nobody ever opens the other end.
    const path = await tPipe();
    const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '3000' }, { nodeFlags: running(code(path)) });
    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(server.lines.at(-1)).toContain('"msg":"closed"');
  },
  30_000,
);

test('a failed start ends the process too, while a thread of it waits for ever', async () => {
  const path = await tPipe();
  const open = `import fs from 'node:fs'; fs.open(${JSON.stringify(path)}, 'r', () => {});`;
  const starting = tServerProcess({ HOST: '192.0.2.1' }, { nodeFlags: running(open) });
  await expect(starting).rejects.toThrow(
    /exited early \(\{"code":1,"signal":null\}\)[^]*HOST is 192\.0\.2\.1/,
  );
}, 30_000);
