/** Proves that all files that say which Node is supported agree with package.json. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Manifest {
  readonly engines: { readonly node: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const majorOf = (version: string) => Number(/\d+/.exec(version)?.[0]);
const oldest = majorOf(manifest.engines.node);

/** Whether a range of package.json allows a major version, with any minor and patch version. */
const letsIn = (range: string, major: number) =>
  range.split('||').some((part) => {
    const [, operator = '', number = ''] = /^\s*(>=|>|\^|~|=|)\s*v?(\d+|\*|x|)/.exec(part) ?? [];
    if (!/\d/.test(number)) return true;
    return operator.startsWith('>') ? major >= Number(number) : major === Number(number);
  });

test('Node is supported from one major version on', () => {
  expect(manifest.engines.node).toMatch(/^>=\d+$/);
  expect(packages['']!.engines).toEqual(manifest.engines);
});

test('the README asks for it', () => {
  expect(read('README.md')).toMatch(new RegExp(`Node ${oldest}\\s+or\\s+newer`));
});

test('the Node of node_modules is the oldest that is supported, and so are its types', () => {
  for (const [name, version] of Object.entries(manifest.optionalDependencies))
    if (name.startsWith('node-')) expect([name, majorOf(version)]).toEqual([name, oldest]);
  expect(majorOf(manifest.devDependencies['@types/node']!)).toBe(oldest);
});

test('no package that ships needs a newer one, or an older one', () => {
  expect([letsIn('>=26', oldest), letsIn('^20.1 || >=22', oldest), letsIn('22 || 23', oldest)]).toEqual([
    false,
    true,
    false,
  ]);
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  expect(shipped.length).toBeGreaterThan(100);
  const refusing = shipped.filter(([, { engines }]) => engines?.node && !letsIn(engines.node, oldest));
  expect(refusing.map(([path, { engines }]) => `${path} ${engines?.node}`)).toEqual([]);
});

test('whatever Node the machine has, its npm complains of none of the packages', () => {
  const [root, folder] = [resolve(import.meta.dirname, '../..'), tTemporaryFolder()];
  for (const path of ['package.json', 'package-lock.json', '.npmrc', 'packages/live/package.json'])
    cpSync(join(root, path), join(folder, path));
  // Without the Node that npm brings: that is not there before the first installation.
  const path = process.env['PATH']!.split(delimiter).filter((one) => !one.includes('node_modules'));
  const { status, stderr } = spawnSync('npm', ['ci', '--dry-run', '--offline'], {
    ...{ cwd: folder, encoding: 'utf8' },
    env: { PATH: path.join(delimiter), HOME: folder, npm_config_update_notifier: 'false' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 120_000);
