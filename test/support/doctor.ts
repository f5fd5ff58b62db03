/** Runs `npm run doctor` as a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './server-process.ts';

const program = resolve(import.meta.dirname, '../../src/cli/doctor.ts');

export interface Diagnosis {
  readonly code: number;
  readonly says: string;
}

/** Runs it in an empty folder, which has no `.env` unless `prepare` makes one. */
export async function askDoctor(
  env: Record<string, string>,
  args: readonly string[] = [],
  prepare: (folder: string) => void = () => {},
): Promise<Diagnosis> {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  prepare(folder);
  const all = {
    PATH: process.env['PATH'] ?? '',
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    ...env,
  };
  const { promise, resolve: done } = Promise.withResolvers<Diagnosis>();
  execFile(process.execPath, [program, ...args], { cwd: folder, env: all }, (error, stdout, stderr) =>
    done({ code: Number(error?.code ?? 0), says: stdout + stderr }),
  );
  return promise.finally(() => rmSync(folder, { recursive: true, force: true }));
}
