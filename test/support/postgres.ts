/** Starts a real PostgreSQL in a temporary folder, on a free port of loopback. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { leash } from './leash.ts';

export interface TestPostgres {
  readonly port: number;
  /** The URL of the database `postgres`, which is empty. */
  readonly url: string;
  /** Creates an empty database and returns its URL. `options` is the end of the statement, such as `encoding 'LATIN1'`. */
  createDatabase(options?: string): Promise<string>;
  /** Creates an empty schema and returns a URL with it as the search path: as good as a database, and much quicker. */
  createSchema(): Promise<string>;
  /** Runs one statement in the database `postgres`. */
  run(sql: string): Promise<void>;
  /** Starts a standby of this server, which has what this one has. */
  standby(): Promise<TestPostgres>;
  /** Ends the server at once, as a crash does; `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Stops the server with all its connections, and removes its folder. */
  stop(): Promise<void>;
}

type User = { readonly uid?: number; readonly gid?: number };

/** PostgreSQL refuses to run as root; these users may run it instead. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody'];

/** A folder for a server's data, and how its programs are run. */
interface Place {
  readonly folder: string;
  readonly bin: string;
  readonly user: User;
  readonly isEncrypted: boolean;
}

/** Starts a server. Call it once per file, before all tests, and `stop` after them; a database per test is cheap. */
export async function tPostgres(tls?: TlsFiles): Promise<TestPostgres> {
  return inFolder(async (place) => {
    await runProgram(place, 'initdb', [
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ]);
    if (tls) for (const name of ['certificate', 'key'] as const) give(place, tls[name], tlsNames[name]);
  }, tls !== undefined);
}

/** The files of a server that talks TLS. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The names under which a server looks for them. */
const tlsNames = { certificate: 'server.crt', key: 'server.key' } as const;

/** Copies a file into the folder of a server, which wants to be the only one to read it. */
function give({ folder, user }: Place, file: string, name: string): void {
  const copy = join(folder, name);
  copyFileSync(file, copy);
  chmodSync(copy, 0o600);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(copy, user.uid, user.gid);
}

async function inFolder(fill: (place: Place) => Promise<void>, isEncrypted = false): Promise<TestPostgres> {
  const user: User = process.getuid?.() === 0 ? unprivilegedUser() : {};
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-postgres-'));
  try {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
    const place = { folder, bin: findBinaries(), user, isEncrypted };
    await fill(place);
    return await running(place);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Whoever else is served by this process meanwhile is not held up. */
async function runProgram(
  { bin, folder, user }: Place,
  program: string,
  args: readonly string[],
): Promise<void> {
  await promisify(execFile)(join(bin, program), ['-D', folder, ...args], { ...user, cwd: folder });
}

async function running(place: Place): Promise<TestPostgres> {
  const { server: first, port } = await start(place);
  let server = first;
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const run = (sql: string) => query(url('postgres'), sql);
  let names = 0;
  const create = async (what: 'database' | 'schema', options = '') => {
    names += 1;
    await run(`create ${what} test_${names} ${options}`);
    return `test_${names}`;
  };
  return {
    port,
    url: url('postgres'),
    run,
    createDatabase: async (options) => url(await create('database', options)),
    createSchema: async () => `${url('postgres')}?options=-csearch_path%3D${await create('schema')}`,
    standby: () =>
      inFolder((standby) => {
        const from = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres'];
        return runProgram(standby, 'pg_basebackup', [
          ...from,
          '-R',
          '-X',
          'stream',
          '-c',
          'fast',
          '--no-sync',
        ]);
      }),
    // SIGQUIT ends it without a word to its clients.
    kill: () => stop(server, 'SIGQUIT'),
    async restart() {
      ({ server } = await start(place, port));
    },
    async stop() {
      // SIGINT is PostgreSQL's fast shutdown: it closes all connections and exits.
      await stop(server, 'SIGINT');
      rmSync(place.folder, { recursive: true, force: true });
    },
  };
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

function findBinaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  const found = folders.find((folder) =>
    ['postgres', 'initdb'].every((program) => existsSync(join(folder, program))),
  );
  if (found === undefined) throw new Error('PostgreSQL is not installed: no initdb and postgres on PATH.');
  // The others lie beside it, and need not be linked to.
  return dirname(realpathSync(join(found, 'postgres')));
}

export function unprivilegedUser(): { uid: number; gid: number } {
  const read = (option: string, name: string) =>
    Number(execFileSync('id', [option, name], { stdio: 'pipe' }));
  for (const name of UNPRIVILEGED_USERS) {
    try {
      return { uid: read('-u', name), gid: read('-g', name) };
    } catch {
      // There is no such user; the loop tries the next one.
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no user ${UNPRIVILEGED_USERS.join(' or ')}.`,
  );
}

const ATTEMPTS = 5;

/** Another process may take the port after it was found free; then another port is tried, unless it has to be this one. */
async function start(
  { bin, folder, user, isEncrypted }: Place,
  wantedPort?: number,
): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = wantedPort ?? (await freePort());
    const options = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      max_connections: 200,
      // A standby comes back soon after its primary was away.
      wal_retrieve_retry_interval: '200ms',
      ssl: isEncrypted ? 'on' : 'off',
    };
    const args = Object.entries({ ...options, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program = '', ...programArgs] = [...leash, join(bin, 'postgres'), '-D', folder, ...args];
    const server = spawn(program, programArgs, {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: server.stderr })) {
      said.push(line);
      if (/ready to accept (read-only )?connections/.test(line)) {
        // The output must be read: a full pipe would stop the server.
        server.stderr.resume();
        return { server, port };
      }
    }
    if (attempt === ATTEMPTS) throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`);
  }
}

async function stop(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill(signal);
  await exit;
}
