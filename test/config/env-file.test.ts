/** Proves that a file of variables is read in full or refused: what cannot be read is never taken for none. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readEnvFile } from '../../src/config/environment/env-file.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const program = resolve(import.meta.dirname, '../../src/main.ts');

function read(content: string | Buffer) {
  const path = join(tTemporaryFolder(), '.env');
  writeFileSync(path, content);
  return readEnvFile(path);
}

const variablesIn = (content: string | Buffer) => {
  const file = read(content);
  if ('problem' in file) throw new Error(file.problem.problem);
  return file.variables;
};

const problemIn = (content: string | Buffer) => {
  const file = read(content);
  return 'problem' in file ? file.problem.problem : undefined;
};

describe('a file of variables', () => {
  test('may have comments, empty lines, quotes, values over several lines, and line ends of any system', () => {
    const content = [
      '# a comment with = and "quotes',
      '',
      'PLAIN=a value # and why',
      '  export EXPORTED = yes',
      'EMPTY=',
      `SINGLE='# no comment'  # but this`,
      'DOUBLE="one',
      'two, which is = no assignment',
      'three"',
      'BACK=`it is "quoted"`',
      'LAST=end',
    ];
    const wanted = {
      ...{ PLAIN: 'a value', EXPORTED: 'yes', EMPTY: '', SINGLE: '# no comment' },
      ...{ DOUBLE: 'one\ntwo, which is = no assignment\nthree', BACK: 'it is "quoted"', LAST: 'end' },
    };
    expect(variablesIn(content.join('\n'))).toEqual(wanted);
    expect(variablesIn(content.join('\r\n'))).toEqual(wanted);
    expect(variablesIn(`\uFEFF${content.join('\n')}\n`)).toEqual(wanted);
  });

  test('may be empty, or not there', () => {
    expect(variablesIn('')).toEqual({});
    expect(readEnvFile(join(tTemporaryFolder(), '.env'))).toEqual({ variables: {} });
  });

  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  test.each([
    ['UTF-16, as PowerShell writes it', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('A=1\r\n')])],
    ['UTF-16 without a mark', utf16('A=1\r\n')],
    ['UTF-16 in the other order', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16('A=1\n').swap16()])],
  ])('is refused in %s', (_what, content) => {
    expect(problemIn(content)).toMatch(/^is no text in UTF-8, but in UTF-16/);
  });

  test('is refused in Latin-1', () => {
    expect(problemIn(Buffer.from('NAME=Peña\n', 'latin1'))).toBe('is no text in UTF-8');
  });

  test.each([
    ['A=1\nNODE_ENV production\n', 'line 2 is no assignment'],
    ['NODE_ENV: production', 'line 1 is no assignment'],
    ['# x\n\nset NODE_ENV=production', 'line 3 is no assignment'],
    ['NODE ENV=production', 'line 1 is no assignment'],
    ['\u200bNODE_ENV=production', 'line 1 is no assignment'],
    ['=production', 'line 1 is no assignment'],
    ['$env:NODE_ENV="production"', 'line 1 is no assignment'],
    ['A=1\nB="one\nC=2\n', 'line 2 has a quote that is not closed, or something behind it'],
    [`A='one'two`, 'line 1 has a quote that is not closed, or something behind it'],
    ['A=1\rNODE_ENV=production', 'line 1 holds a carriage return, which ends no line'],
  ])('is refused with %j, without showing it', (content, problem) => {
    expect(problemIn(content)).toBe(problem);
  });

  test('is refused when it is a folder, or a link to nothing', () => {
    const path = join(tTemporaryFolder(), '.env');
    mkdirSync(path);
    expect(readEnvFile(path)).toMatchObject({ problem: { problem: 'is a folder' } });
    rmSync(path, { recursive: true });
    symlinkSync('/nowhere/.env', path);
    expect(readEnvFile(path)).toMatchObject({ problem: { problem: 'cannot be read (ENOENT)' } });
  });
});

describe('the service', () => {
  function start(folder: string, env: Record<string, string> = {}, uid?: number) {
    const given = {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: ':memory:',
      ...env,
    };
    const options = {
      cwd: folder,
      env: given,
      encoding: 'utf8' as const,
      timeout: 30_000,
      ...(uid && { uid }),
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], options);
    return { status, stdout, stderr };
  }

  test('does not start beside a file in UTF-16, which would have asked for production', () => {
    const folder = tTemporaryFolder();
    writeFileSync(join(folder, '.env'), Buffer.from('\uFEFFNODE_ENV=production\r\n', 'utf16le'));
    const { status, stdout, stderr } = start(folder);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('.env is no text in UTF-8, but in UTF-16');
    expect(stderr).not.toContain('    at ');
  }, 30_000);

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot(
    'does not start beside a file that it may not read',
    () => {
      const folder = tTemporaryFolder();
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, '.env'), 'NODE_ENV=production\n', { mode: 0o600 });
      const { status, stderr } = start(folder, {}, 65_534);
      expect(stderr).toContain('.env cannot be read (EACCES)');
      expect(status).toBe(2);
    },
    30_000,
  );

  test('does as the file says, and the environment goes before it', () => {
    const folder = tTemporaryFolder();
    writeFileSync(join(folder, '.env'), '\uFEFFNODE_ENV=production\nLOG_LEVEL=loud\n');
    expect(start(folder).stderr).toContain('LOG_LEVEL is "loud"');
    expect(start(folder).stderr).toContain('JWT_SECRET and JWKS_URL are both unset');
    expect(start(folder, { LOG_LEVEL: 'info' }).stderr).not.toContain('LOG_LEVEL');
  }, 60_000);
});
