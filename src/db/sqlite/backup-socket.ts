/**
 * How another process of the same machine has the embedded database copied: while it is open nobody else can read its file, so
 * the process that has it is asked, over a socket that stands beside the file.
 */
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Logger } from '../../observability/log.ts';

/** Longer than any path. */
const maxRequestChars = 8_192;

/** What systems have room for in the address of such a socket, bytes. */
const maxPathBytes = 100;

const socketOf = (folder: string): string => join(resolve(folder), 'backup.sock');

export interface BackupSocketOptions {
  /** That of the database. */
  readonly folder: string;
  readonly log: Logger;
  /** Writes a copy into a new file. Rejects with what is wrong. */
  readonly backUp: (path: string) => Promise<void>;
}

/**
 * Answers whoever may open the socket, which is this user alone. Where there can be no socket, the service runs all the same, and
 * the log says so. Resolves with the function that ends it.
 */
export async function answerBackups({
  folder,
  log,
  backUp,
}: BackupSocketOptions): Promise<() => Promise<void>> {
  const path = socketOf(folder);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', (error) => log.debug({ err: error }, 'whoever asked for a backup has left'));
    answer(socket, backUp).catch((error: unknown) => {
      log.warn({ err: error }, 'a backup was not made');
      socket.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    });
  });
  try {
    if (Buffer.byteLength(path) > maxPathBytes)
      throw new Error(`its path has more than ${maxPathBytes} bytes`);
    // Of a process that was killed: whoever has the database has the folder.
    rmSync(path, { force: true });
    await listen(server, path);
  } catch (error) {
    log.warn({ err: error, path }, 'there is no socket for backups: npm run backup works while nothing runs');
    return () => Promise.resolve();
  }
  return async () => {
    server.close();
    // A copy that is under way is waited for by the database.
    for (const socket of open) socket.destroy();
    await once(server, 'close');
  };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
}

async function answer(socket: Socket, backUp: (path: string) => Promise<void>): Promise<void> {
  socket.setEncoding('utf8');
  let request = '';
  for await (const part of socket) {
    request += String(part);
    if (request.length > maxRequestChars) throw new Error('The request is too long.');
  }
  await backUp(String(JSON.parse(request)));
  socket.end('{}');
}

/** The process that has the database could not make a copy. The message says why. */
export class BackupRefused extends Error {}

/** Has the process that has the database of this folder copy it. Resolves with false where there is none. */
export async function askForBackup(folder: string, path: string): Promise<boolean> {
  const socket = connect({ path: socketOf(folder), allowHalfOpen: true });
  try {
    await once(socket, 'connect');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL'].includes(code)) return false;
    throw error;
  }
  socket.end(JSON.stringify(path));
  const answered = await text(socket);
  if (answered === '') throw new BackupRefused('the service has ended meanwhile');
  const { error } = JSON.parse(answered) as { readonly error?: string };
  if (error !== undefined) throw new BackupRefused(error);
  return true;
}
