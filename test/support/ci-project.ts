/** Makes a small project with this project's `.ci` and the scripts of a test. */
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import { tFolder, type Outcome } from './schema-project.ts';

const ownFolder = resolve(import.meta.dirname, '../../.ci');

/**
 * A script that writes a report as Jest does, and then exits with the code, or is ended by the signal, of `exit`. Those that failed are
 * `is good 1` and so on.
 */
export function reporting(passed: number, failed: number, exit: string): string {
  const assertionResults = Array.from({ length: failed }, (_, index) => ({
    status: 'failed',
    fullName: `is good ${index + 1}`,
  }));
  const status = failed > 0 ? 'failed' : 'passed';
  const report = {
    numPassedTests: passed,
    numFailedTests: failed,
    numRuntimeErrorTestSuites: 0,
    testResults: [{ name: 'test/thing.test.ts', status, assertionResults }],
  };
  return `node report.mjs '${JSON.stringify(report).replaceAll('"', '\\"')}' ${exit}`;
}

const reporter = `
import { writeFileSync } from 'node:fs';
const [report, exit, , outputFile] = process.argv.slice(2);
writeFileSync(outputFile.split('=')[1], report.replaceAll('\\\\', ''));
if (/^\\d+$/.test(exit)) process.exit(Number(exit));
process.kill(process.pid, exit);
`;

const running = new Set<number>();
afterEach(() => {
  for (const group of running) process.kill(-group, 'SIGKILL');
  running.clear();
});

/** `node wait.mjs` writes the file `begun`, and then runs without end. */
const waiter = `
import { writeFileSync } from 'node:fs';
setInterval(() => undefined, 60_000);
writeFileSync('begun', '');
`;

export interface CiProject {
  readonly root: string;
  run(): { readonly ended: Promise<Outcome>; readonly interrupt: () => void };
}

export function tCiProject(scripts: Readonly<Record<string, string>>): CiProject {
  const folder = tFolder();
  cpSync(ownFolder, join(folder.root, '.ci'), { recursive: true });
  const manifest = { name: 'project', version: '1.0.0' };
  folder.write('package.json', JSON.stringify({ ...manifest, scripts }));
  folder.write(
    'package-lock.json',
    JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { '': manifest } }),
  );
  folder.write('report.mjs', reporter);
  folder.write('wait.mjs', waiter);
  return {
    root: folder.root,
    run() {
      const child = spawn(join(folder.root, '.ci/run'), {
        env: {
          PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
          HOME: folder.root,
          npm_config_offline: 'true',
        },
        // A process group of its own, as in a terminal: a signal to the group also reaches the programs that it runs.
        detached: true,
      });
      running.add(child.pid!);
      const printed = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
      const { promise: ended, resolve: end, reject } = Promise.withResolvers<Outcome>();
      child.once('error', reject);
      child.once('close', (status) => {
        running.delete(child.pid!);
        end({ status, ...printed });
      });
      return { ended, interrupt: () => process.kill(-child.pid!, 'SIGINT') };
    },
  };
}
