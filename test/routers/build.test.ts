/** Proves that npm run routers:build builds what is missing and nothing else, by a cargo that notes what it is asked. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { folderOf, hiveRouter, missingRouters, routerPrograms } from '../support/routers/programs.ts';

const command = resolve(import.meta.dirname, '../support/routers/build.ts');

const undos: (() => void)[] = [];
afterEach(() => undos.splice(0).forEach((undo) => undo()));

/** Installs an empty program for each crate, except for those of which it fails. */
const cargo = `#!/bin/sh
if [ "$1" = --version ]; then echo cargo 1.99.0; exit; fi
echo "$@" >> "$NOTES"
touch "$CARGO_TARGET_DIR/compiled"
for root in "$@"; do :; done
case "$root" in *"$FAILS"*) exit 101 ;; esac
mkdir -p "$root/bin"
for program in router hive_router; do touch "$root/bin/$program"; chmod +x "$root/bin/$program"; done
`;

function tMachine({ rustc = '1.99.0' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'routers-'));
  undos.push(() => rmSync(folder, { recursive: true }));
  const programs = {
    cargo,
    rustc: `#!/bin/sh\necho rustc ${rustc}\n`,
    // As if there were none.
    rustup: '#!/bin/sh\nexit 1\n',
    protoc: '#!/bin/sh\n',
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  const path = [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  const env = { PATH: path, ROUTERS_DIR: join(folder, 'cache'), NOTES: join(folder, 'notes'), FAILS: 'none' };
  const build = (args: readonly string[] = [], more = {}) =>
    spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env: { ...env, ...more } });
  const asked = () => (existsSync(env.NOTES) ? readFileSync(env.NOTES, 'utf8').trim().split('\n') : []);
  return { env, build, asked };
}

test('both are built, each once, without debug information and without the rest of a build', () => {
  const { env, build, asked } = tMachine();
  expect(missingRouters(env)).toMatch(/^Left out: .*Apollo Router 2.*Hive Router 0.*npm run routers:build/);
  expect(build()).toMatchObject({ status: 0, stdout: '' });
  expect(asked()).toEqual(
    routerPrograms.map(
      ({ crate, program, version, features }) =>
        `install ${crate} --bin ${program} --version ${version} --locked --debug ${features.map((it) => `--features ${it} `).join('')}` +
        `--root ${join(env.ROUTERS_DIR, `${crate}-${version}`)}`,
    ),
  );
  expect(missingRouters(env)).toBeUndefined();
  for (const { crate, version } of routerPrograms)
    expect(existsSync(join(env.ROUTERS_DIR, 'building', `${crate}-${version}`))).toBe(false);
  const again = build();
  expect(again.status).toBe(0);
  expect(again.stderr.match(/ is there: /g)).toHaveLength(2);
  expect(asked()).toHaveLength(2);
});

test('one alone is built where it is named, and a program of elsewhere is taken', () => {
  const { env, build, asked } = tMachine();
  expect(build(['hive-router']).status).toBe(0);
  expect(asked()).toHaveLength(1);
  expect(missingRouters(env)).not.toContain(hiveRouter.name);
  const elsewhere = { ...env, APOLLO_ROUTER_BIN: '/opt/router' };
  expect(missingRouters(elsewhere)).toBeUndefined();
  expect(build(['--where'], elsewhere).stderr).toContain('Apollo Router 2.17.0: /opt/router\n');
  expect(build([], elsewhere).status).toBe(0);
  expect(asked()).toHaveLength(1);
});

test('a build that fails says so, and keeps what was compiled', () => {
  const { env, build } = tMachine();
  const { status, stderr } = build([], { FAILS: 'hive-router' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/Hive Router was not built \(cargo ended with 101.*\). The next run goes on/);
  expect(existsSync(join(env.ROUTERS_DIR, 'building', `hive-router-${hiveRouter.version}`, 'compiled'))).toBe(
    true,
  );
  expect(existsSync(folderOf(hiveRouter, env))).toBe(false);
});

test('what is missing on the machine is named', () => {
  const old = tMachine({ rustc: '1.95.0' });
  const { status, stderr } = old.build(['hive-router']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/Hive Router wants Rust 1\.97.*nightly-2026-05-20/);
  expect(old.asked()).toEqual([]);
  const { stderr: without } = old.build([], { PATH: dirname(process.execPath) });
  expect(without).toMatch(/cargo, which is not on the PATH: install Rust/);
  expect(old.build(['cosmo'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /^There is no cosmo here, only apollo-router and hive-router\. \(/,
    ) as unknown as string,
  });
  expect(old.build(['--help']).stdout).toContain('ROUTERS_DIR');
});
