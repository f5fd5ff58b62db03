/** Proves what `npm run doctor` says of the host: its files, its addresses, and how many connections it leaves room for. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '../support/server-process.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const program = resolve(import.meta.dirname, '../../src/cli/doctor.ts');
const secret = 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';

/** `before`: a command that runs it. */
async function diagnose(folder: string, env: Record<string, string> = {}, before: readonly string[] = []) {
  const all = {
    ...{ PATH: process.env['PATH'] ?? '', PORT: String(await freePort()) },
    ...{ DATA_DIR: ':memory:', JWT_SECRET: secret, ...env },
  };
  const [command = '', ...args] = [...before, process.execPath, program];
  const { status, stdout } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: all });
  return { status, says: stdout };
}

describe('of .env', () => {
  test('it says that one in full can be read, and finds one that cannot', async () => {
    const folder = tTemporaryFolder();
    const path = join(folder, '.env');
    writeFileSync(path, 'LOG_LEVEL=info\n', { mode: 0o600 });
    expect((await diagnose(folder)).says).toContain('ok       this machine: .env is read in full');
    writeFileSync(path, Buffer.from('\uFEFFNODE_ENV=production\r\n', 'utf16le'));
    const { status, says } = await diagnose(folder);
    expect(says).toContain('PROBLEM  configuration: .env is no text in UTF-8, but in UTF-16');
    expect(status).toBe(1);
    writeFileSync(path, 'LOG_LEVEL=info\nNODE_ENV production\n');
    expect((await diagnose(folder)).says).toContain('PROBLEM  configuration: .env line 2 is no assignment');
    rmSync(path);
    mkdirSync(path);
    expect((await diagnose(folder)).says).toContain('PROBLEM  configuration: .env is a folder');
  }, 60_000);

  test('it finds the quotes that docker --env-file keeps', async () => {
    const { status, says } = await diagnose(tTemporaryFolder(), { DATA_DIR: '":memory:"' });
    expect(says).toContain('PROBLEM  configuration: DATA_DIR has quotes around its value');
    expect(status).toBe(1);
    const ofSecret = await diagnose(tTemporaryFolder(), { JWT_SECRET: `'${secret}'` });
    expect(ofSecret.says).toContain('warning  configuration: JWT_SECRET has quotes around its value');
    expect(ofSecret.status).toBe(0);
  }, 60_000);
});

describe('of addresses', () => {
  const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(
      ({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80'),
    ),
  );

  test('it says which families are served, and by what clients are counted', async () => {
    const { says } = await diagnose(tTemporaryFolder(), { CLIENT_PREFIX_LENGTH: '56' });
    expect(says).toContain('ok       network: IPv4 and IPv6 are served');
    expect(says).toContain('those of IPv6 by its first 56 bits');
    expect(says).toContain('no proxy is believed');
    const local = await diagnose(tTemporaryFolder(), { HOST: '127.0.0.1' });
    expect(local.says).toContain('ok       network: HOST is 127.0.0.1');
  }, 60_000);

  test('it warns of a HOST, and of proxies, that leave IPv6 out where this machine has it', async () => {
    const { says } = await diagnose(tTemporaryFolder(), { HOST: '0.0.0.0', TRUST_PROXY: '10.0.0.0/8' });
    const level = hasIPv6 ? 'warning ' : 'ok      ';
    expect(says).toContain(`${level} network: HOST is 0.0.0.0`);
    const everywhere = await diagnose(tTemporaryFolder(), { TRUST_PROXY: '10.0.0.0/8' });
    expect(everywhere.says.includes('TRUST_PROXY names networks of IPv4 alone')).toBe(hasIPv6);
    const both = await diagnose(tTemporaryFolder(), { TRUST_PROXY: '10.0.0.0/8,fd00::/8' });
    expect(both.says).toContain('ok       network: proxies of 10.0.0.0/8, fd00::/8 are believed');
  }, 60_000);
});

describe('of descriptors', () => {
  test('it says how many connections they leave room for, and warns of few', async () => {
    const few = await diagnose(tTemporaryFolder(), {}, ['prlimit', '--nofile=200']);
    const [, max] =
      /warning {2}this machine: a process may have 200 open files, and so about (\d+) connections/.exec(
        few.says,
      ) ?? [];
    expect(Number(max)).toBeGreaterThan(50);
    expect(Number(max)).toBeLessThan(200);
    const many = await diagnose(tTemporaryFolder(), {}, ['prlimit', '--nofile=20000']);
    expect(many.says).toContain('ok       this machine: a process may have 20000 open files');
  }, 60_000);
});
