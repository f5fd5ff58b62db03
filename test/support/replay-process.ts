/** Runs the replay as a process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach } from '@jest/globals';
import type { Summary } from '../../src/cli/replay/tally.ts';
import { leash } from './leash.ts';

const program = resolve(import.meta.dirname, '../../src/cli/replay.ts');

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(undos.splice(0).map((undo) => undo()));
});

/** Begins to play into the service at `url`; it is ended after the test. Resolves `summary` when it has played all. */
export function tReplay(url: string, args: readonly string[]): { readonly summary: Promise<Summary> } {
  const [command = '', ...before] = [...leash, process.execPath, program];
  const child = spawn(command, [...before, ...args, '--json', '--url', `${url}/graphql`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  undos.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const summary = output.then(([stdout, stderr]) => {
    if (!stdout.startsWith('{')) throw new Error(`The replay ended early: ${stderr}`);
    return JSON.parse(stdout) as Summary;
  });
  // Tests that do not wait for the summary must not fail when the process is killed.
  summary.catch(() => {});
  return { summary };
}
