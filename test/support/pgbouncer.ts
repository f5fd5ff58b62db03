/** Starts a real pgbouncer in front of a test's PostgreSQL, on a free port of loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { leash } from './leash.ts';
import { unprivilegedUser, type TestPostgres } from './postgres.ts';
import { freePort } from './server-process.ts';

export interface PgBouncer extends AsyncDisposable {
  /** The URL of a database through it. */
  url(databaseUrl: string): string;
}

/** Transactions of all clients share `poolSize` connections to the server. */
export async function tPgBouncer(
  { port: serverPort }: TestPostgres,
  { poolSize = 4 }: { readonly poolSize?: number } = {},
): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-pgbouncer-'));
  const port = await freePort();
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: poolSize,
    max_client_conn: 200,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, 'pgbouncer.ini');
  const databases = `* = host=127.0.0.1 port=${serverPort} user=postgres`;
  writeFileSync(file, ['[databases]', databases, '[pgbouncer]', ...lines, ''].join('\n'));
  chmodSync(folder, 0o755);
  const user = process.getuid?.() === 0 ? unprivilegedUser() : {};
  const [program = '', ...args] = [...leash, 'pgbouncer', file];
  const bouncer = spawn(program, args, { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  await started(bouncer);
  return {
    url(databaseUrl) {
      const url = new URL(databaseUrl);
      url.port = String(port);
      return url.href;
    },
    async [Symbol.asyncDispose]() {
      const exit = once(bouncer, 'exit');
      bouncer.kill('SIGQUIT');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function started(bouncer: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: bouncer.stderr! })) {
    said.push(line);
    if (!line.includes('process up')) continue;
    // The output must be read: a full pipe would stop it.
    bouncer.stderr!.resume();
    return;
  }
  throw new Error(`pgbouncer did not start:\n${said.join('\n')}`);
}
