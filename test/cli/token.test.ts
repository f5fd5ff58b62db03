/** Proves that `npm run token` prints tokens that the service accepts, run as a process. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { parseToken } from '../../src/auth/request-token.ts';
import { createTokenVerifier } from '../../src/auth/tokens.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';

const program = resolve(import.meta.dirname, '../../src/cli/token.ts');
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface Surroundings {
  readonly env?: Record<string, string>;
  /** The text of the file `.env` in the working directory. */
  readonly envFile?: string;
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tToken(args: readonly string[], { env = {}, envFile }: Surroundings = {}): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'token-'));
  folders.push(cwd);
  if (envFile !== undefined) writeFileSync(join(cwd, '.env'), envFile);
  return new Promise((resolveOutcome) => {
    const child = execFile(process.execPath, [program, ...args], { cwd, env }, (_error, stdout, stderr) =>
      resolveOutcome({ status: child.exitCode, stdout, stderr }),
    );
  });
}

function verify(token: string, env: Record<string, string> = {}) {
  return createTokenVerifier(
    parseConfig(env),
    systemClock,
    createLogger('silent'),
  )(parseToken(token.trim()), null);
}

describe('npm run token', () => {
  test('prints a token that a service of the same environment accepts, and nothing else', async () => {
    const { status, stdout, stderr } = await tToken(['--role', 'dispatcher', '--sub', 'ana']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await verify(stdout)).toMatchObject({ id: 'ana', role: 'dispatcher' });
    const { iat = 0, exp = 0 } = decodeJwt(stdout.trim());
    expect(exp - iat).toBe(12 * 3_600);
  });

  test('puts everything that was asked for into it', async () => {
    const who = ['--sub', 'luis', '--role', 'paramedic', '--name', 'Luis', '--ambulancia-id', '7'];
    const { stdout } = await tToken([
      ...who,
      '--permissions',
      'view-dispatches,view-users',
      '--expires-in',
      '30m',
    ]);
    expect(await verify(stdout)).toMatchObject({
      id: 'luis',
      name: 'Luis',
      ambulanciaId: '7',
      permissions: new Set(['view-dispatches', 'view-users', 'view-messages', 'send-messages']),
    });
    const { iat = 0, exp = 0 } = decodeJwt(stdout.trim());
    expect(exp - iat).toBe(1_800);
  });

  test('reads .env, and the environment before it', async () => {
    const secret = 'the-secret-of-the-environment-itself';
    const envFile =
      'JWT_SECRET=the-secret-of-the-file\nJWT_ISSUER="https://id.example"\nJWT_AUDIENCE=dispatch # ours\n';
    const { stdout } = await tToken(['--role', 'admin', '--sub', 'ana'], {
      env: { JWT_SECRET: secret },
      envFile,
    });
    const env = { JWT_SECRET: secret, JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'dispatch' };
    expect(await verify(stdout, env)).toMatchObject({ id: 'ana' });
    await expect(verify(stdout)).rejects.toThrow('signature');
  });

  test('explains itself', async () => {
    const { status, stdout } = await tToken(['--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('--role');
    expect(stdout).toContain('dispatcher');
  });

  test.each([
    [['--role', 'boss', '--sub', 'ana'], '--role is "boss". Allowed: admin, dispatcher'],
    [['--role', 'admin'], '--sub is missing'],
    [['--sub', 'ana'], '--role is missing'],
    [['--rol', 'admin'], "Unknown option '--rol'"],
    [['admin'], "Unexpected argument 'admin'"],
    [['--role', 'admin', '--sub', 'ana', '--expires-in', 'soon'], '--expires-in is "soon"'],
    [['--role', 'admin', '--sub', 'ana', '--expires-in', '0h'], '--expires-in is "0h"'],
    [['--role', 'admin', '--sub', 'ana', '--permissions', 'fly'], '--permissions has "fly"'],
  ])('refuses %j', async (args, problem) => {
    const { status, stdout, stderr } = await tToken(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test.each([
    [{ NODE_ENV: 'production' }, 'JWT_SECRET and JWKS_URL are both unset'],
    [{ JWKS_URL: 'https://id.example/jwks' }, 'Tokens come from JWKS_URL or MS_AUTH_URL'],
  ])('makes none with %j', async (env, problem) => {
    const { status, stdout, stderr } = await tToken(['--role', 'admin', '--sub', 'ana'], {
      env: env,
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(problem);
  });
});
