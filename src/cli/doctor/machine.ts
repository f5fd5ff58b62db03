/** The doctor's checks of the machine itself: Node, port, files, limits. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Config } from '../../config/config.ts';
import { connectionRoomUnder } from '../../config/descriptors.ts';
import type { Clock } from '../../lib/clock.ts';
import { mebibyte } from '../../lib/memory/bytes.ts';
import { readDescriptorLimit } from '../../lib/system/descriptors.ts';
import { examine, type Finding, type Findings } from './finding.ts';

/** Every socket is a file. */
const fewFiles = 10_000;
/** Files that the service has open when it opens its port, about. */
const openAtStart = 32;
const readableByOthers = 0o077;
/** Less than the log of the database may take before it is folded in, and than it needs for a while. */
const [noRoom, littleRoom] = [16 * mebibyte, 256 * mebibyte];

export async function examineMachine(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const look = (findings: Findings) => examineAll(config, findings);
  return examine('this machine', clock, 'See the message.', look);
}

async function examineAll(config: Config, findings: Findings): Promise<void> {
  const { http, record } = config;
  await examineNode(findings);
  await examinePort(http, 'PORT', http.port, findings);
  if (http.metricsPort !== null) await examinePort(http, 'METRICS_PORT', http.metricsPort, findings);
  if (record.kind === 'sqlite' && record.dataDir !== ':memory:')
    await examineFolder(record.dataDir, findings);
  await examineEnvFile(findings);
  examineLimits(config, findings);
}

/** The oldest supported version is that of `engines` in package.json. */
async function examineNode(findings: Findings): Promise<void> {
  const manifest = await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8');
  const { engines } = JSON.parse(manifest) as { readonly engines: { readonly node: string } };
  const oldest = engines.node.replace('>=', '');
  if (parseInt(process.versions.node) < Number(oldest))
    findings.problem(`Node is ${process.version}`, `Use ${oldest} or newer.`);
  else findings.ok(`Node is ${process.version}`);
}

async function examinePort(
  { host }: Config['http'],
  variable: string,
  port: number,
  findings: Findings,
): Promise<void> {
  const server = createServer();
  try {
    server.listen({ port, ...(host !== null && { host }) });
    await once(server, 'listening');
    findings.ok(`port ${port} is free`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      findings.problem(
        `port ${port} is in use`,
        `Stop what uses it (this service, already running?), or set another ${variable}.`,
      );
    else if (code === 'EACCES')
      findings.problem(`port ${port} may not be opened by this user`, `Set a ${variable} of 1024 or above.`);
    else
      findings.problem((error as Error).message, 'Set HOST to an address of this machine, or leave it out.');
  } finally {
    server.close();
  }
}

async function examineFolder(folder: string, findings: Findings): Promise<void> {
  const probe = join(await nearestFolder(folder), `.doctor-${process.pid}`);
  try {
    // Rights alone do not tell: the superuser has all of them in /proc, and can make nothing there.
    await writeFile(probe, '', { flag: 'wx' });
    findings.ok(`DATA_DIR ${folder} can be written to`);
  } catch (error) {
    findings.problem(
      `DATA_DIR ${folder} cannot be written to (${(error as NodeJS.ErrnoException).code})`,
      'Give it to this user (chown), or set another DATA_DIR.',
    );
  } finally {
    await rm(probe, { force: true });
  }
  await examineRoom(folder, findings);
  examineLock(join(folder, 'dispatch.sqlite'), findings);
}

/** A full disk refuses changes until somebody makes room. */
async function examineRoom(folder: string, findings: Findings): Promise<void> {
  const { bavail, bsize } = await statfs(await nearestFolder(folder));
  const says = `DATA_DIR ${folder} has room for ${Math.floor((bavail * bsize) / mebibyte)} MiB`;
  const advice = 'Make room, or set a DATA_DIR on a larger disk.';
  if (bavail * bsize < noRoom) findings.problem(says, advice);
  else if (bavail * bsize < littleRoom) findings.warning(says, advice);
  else findings.ok(says);
}

function examineLock(path: string, findings: Findings): void {
  if (!existsSync(path)) return;
  let file: Sqlite.Database | undefined;
  try {
    file = new Sqlite(path, { timeout: 0, fileMustExist: true });
    file.exec('begin immediate; rollback');
    findings.ok(`${path} is not in use`);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'SQLITE_BUSY')
      findings.warning(
        `${path} is in use by another process`,
        'If it is not this service, already running, stop it: a second process on it cannot start.',
      );
    else findings.problem(`${path} cannot be opened: ${(error as Error).message}`, 'Set another DATA_DIR.');
  } finally {
    file?.close();
  }
}

/** The folder itself, or the nearest folder above it that exists: it would be created there. */
async function nearestFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || path === dirname(path) ? path : nearestFolder(dirname(path));
}

async function examineEnvFile(findings: Findings): Promise<void> {
  const file = await stat('.env').catch(() => null);
  if (!file) return;
  if ((file.mode & readableByOthers) !== 0)
    findings.warning('.env can be read by other users, and may hold secrets', 'chmod 600 .env');
  else findings.ok('.env can be read by this user only');
  findings.ok('.env is read in full');
}

function examineLimits(config: Config, findings: Findings): void {
  const limit = readDescriptorLimit();
  if (limit === null) return;
  const { max } = connectionRoomUnder(limit, openAtStart, config);
  const says = `a process may have ${limit} open files, and so about ${max} connections`;
  if (limit < fewFiles) findings.warning(says, 'ulimit -n 65536');
  else findings.ok(says);
}
