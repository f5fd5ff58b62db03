/** Finds the programs of the real servers that tests start, and installs them on Debian. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

interface Service {
  /** Possible names of its program; one of them is enough. */
  programs: readonly [string, ...string[]];
  debianPackage: string;
  /** Folders to search besides PATH, the newest version first. */
  folders: () => string[];
}

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

const SERVICES: Service[] = [
  { programs: ['redis-server'], debianPackage: 'redis-server', folders: () => [] },
  {
    programs: ['initdb'],
    debianPackage: 'postgresql',
    folders: () =>
      existsSync(DEBIAN_POSTGRES)
        ? readdirSync(DEBIAN_POSTGRES)
            .sort((a, b) => Number(b) - Number(a))
            .map((version) => join(DEBIAN_POSTGRES, version, 'bin'))
        : [],
  },
  { programs: ['openssl'], debianPackage: 'openssl', folders: () => [] },
];

/** The tests of faults need it. */
const PGBOUNCER: Service = {
  programs: ['pgbouncer'],
  debianPackage: 'pgbouncer',
  folders: () => ['/usr/sbin'],
};

/** Sets the clocks of processes. */
const FAKETIME: Service = { programs: ['faketime'], debianPackage: 'faketime', folders: () => [] };

const BROWSER: Service = {
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debianPackage: 'chromium',
  folders: () => [],
};

const NGINX: Service = {
  programs: ['nginx'],
  debianPackage: 'nginx-light',
  folders: () => ['/usr/sbin'],
};

/** The compiler of protocol buffers, which the build of Apollo Router runs. */
const PROTOC: Service = { programs: ['protoc'], debianPackage: 'protobuf-compiler', folders: () => [] };

/** Build an image without Docker, and without a registry to take others from. */
const IMAGE_BUILDERS: Service[] = ['buildah', 'mmdebstrap'].map((name) => ({
  programs: [name],
  debianPackage: name,
  folders: () => [],
}));

export interface Needs {
  readonly browser: boolean;
  readonly nginx: boolean;
  /** pgbouncer and faketime. */
  readonly faults: boolean;
}

/** The path of the browser; undefined when there is none on the PATH. */
export function findBrowser(path: string): string | undefined {
  return findProgram(BROWSER, path);
}

/**
 * Makes sure that `redis-server`, `openssl` and PostgreSQL's programs (`initdb`, `postgres`) are installed, and Chromium, nginx,
 * pgbouncer and faketime if they are needed.
 *
 * Installs missing ones only as root on Debian, and without starting system services.
 *
 * @returns a PATH on which all of them are found
 * @throws an Error that says what to install, when it cannot install it itself
 */
export function ensureServices(path: string, needs: Needs): string {
  const services = [
    ...SERVICES,
    ...(needs.browser ? [BROWSER] : []),
    ...(needs.nginx ? [NGINX] : []),
    ...(needs.faults ? [PGBOUNCER, FAKETIME] : []),
  ];
  return ensure(services, path);
}

/** The same for what Apollo Router is built with: the compiler, and the types of its own that protocol buffers import. */
export function ensureProtoc(path: string): string {
  const known = ensure([PROTOC], path);
  // Where the compiler looks for them. Debian has them in a package that the compiler's own does not depend on.
  const types = join(dirname(findProgram(PROTOC, known)!), '../include/google/protobuf/timestamp.proto');
  if (!existsSync(types)) install(['libprotobuf-dev']);
  return known;
}

/** The same for what the image is built with. */
export function ensureImageBuilders(path: string): string {
  return ensure(IMAGE_BUILDERS, path);
}

function ensure(services: readonly Service[], path: string): string {
  const missing = services.filter((service) => !findProgram(service, path));
  if (missing.length > 0) install(missing.map(({ debianPackage }) => debianPackage));
  const folders = services.map((service) => {
    const program = findProgram(service, path);
    if (!program)
      throw new Error(`${service.programs[0]} is still missing after installing ${service.debianPackage}.`);
    return dirname(program);
  });
  const known = path.split(delimiter);
  return [...known, ...folders.filter((folder) => !known.includes(folder))].join(delimiter);
}

function findProgram({ programs, folders }: Service, path: string): string | undefined {
  return [...path.split(delimiter), ...folders()]
    .filter((folder) => folder !== '')
    .flatMap((folder) => programs.map((program) => join(folder, program)))
    .find((program) => {
      try {
        accessSync(program, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function install(packages: string[]): void {
  const command = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(
      `The tests run against real servers. Install what is missing: ${packages.join(', ')} ` +
        `(on Debian or Ubuntu: sudo ${command}; on macOS: brew install redis postgresql nginx pgbouncer libfaketime protobuf; ` +
        `any Chrome or Chromium on the PATH will do), then run the command again.`,
    );
  }
  console.error(`Installing ${packages.join(', ')} for the tests`);
  const allowServices = forbidServices();
  try {
    apt(['update', '-qq']);
    apt(['install', '-qq', '--yes', '--no-install-recommends', ...packages]);
  } finally {
    allowServices();
  }
}

/** Debian starts servers when they are installed, on their default ports, unless this file forbids it. Returns the undo. */
function forbidServices(): () => void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

function apt(args: string[]): void {
  const { status } = spawnSync(
    'apt-get',
    ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0', ...args],
    {
      // Output goes to stderr: stdout is for the tests.
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    },
  );
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed (see above).`);
}
