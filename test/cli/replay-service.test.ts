/** Proves that a replayed log has its story in the real service. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { issueToken } from '../../src/auth/issue-token.ts';
import type { Summary } from '../../src/cli/replay/tally.ts';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createCallLog } from '../support/call-log.ts';

const source = resolve(import.meta.dirname, '../../src');
const undos: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** Starts the service as `npm start` does, on a free port and with its database in memory. Returns its address. */
async function tService(folder: string): Promise<string> {
  const env = { PORT: '0', HOST: '127.0.0.1', DATA_DIR: ':memory:', SHUTDOWN_DRAIN_MS: '0' };
  const child = spawn(process.execPath, [join(source, 'main.ts')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise((exited) => child.once('close', exited));
  undos.push(() => {
    child.kill();
    return exit;
  });
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
    if (msg === 'ready' && url) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('The service exited before it was ready.');
}

async function tFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true }));
  return folder;
}

interface PlayedDispatch {
  estado: string;
  version: number;
  observaciones: string;
  ambulancia: { id: string };
  rastreo: { velocidad: number }[];
  historial: { previousEstado: string | null; dispatch: { estado: string; version: number } }[];
}

async function readBoard(url: string): Promise<PlayedDispatch[]> {
  const token = await issueToken(
    parseConfig({}),
    { sub: 'ana', role: 'dispatcher' },
    { ttlMs: 60_000, clock: systemClock },
  );
  const query = `{ despachos(limit: 100) {
    estado version observaciones ambulancia { id } rastreo(limit: 10) { velocidad }
    historial(limit: 10) { previousEstado dispatch { estado version } }
  } }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data: { despachos: PlayedDispatch[] } };
  return data.despachos;
}

test('a log is replayed into the real service, whose dispatches then have the same story', async () => {
  const folder = await tFolder();
  const log = createCallLog({ seed: 21, ambulanceResponses: 80 });
  const file = join(folder, 'calls.csv');
  await writeFile(file, log.csv);
  const url = await tService(folder);

  const args = [join(source, 'cli/replay.ts'), file, '--speed', 'max', '--json', '--url', `${url}/graphql`];
  const replay = spawn(process.execPath, args, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  undos.push(() => replay.kill('SIGKILL'));
  const [printed, said] = await Promise.all([text(replay.stdout), text(replay.stderr)]);
  expect(said).toBe('');
  const summary = JSON.parse(printed) as Summary;
  expect(summary).toMatchObject({ finished: true, errors: {}, retries: 0, uncertain: 0 });
  expect(summary.dispatches.created).toBe(80);

  const board = await readBoard(url);
  expect(board).toHaveLength(80);
  for (const { rowId, unitId, times } of log.responses) {
    const dispatch = board.find(({ observaciones }) => observaciones.endsWith(rowId));
    const past = ['PENDIENTE', 'ASIGNADO', 'EN_CAMINO'];
    if (times.onScene !== null) past.push('EN_SITIO');
    if (times.transport !== null) past.push('TRASLADANDO');
    past.push(times.onScene === null ? 'CANCELADO' : 'COMPLETADO');
    const told = dispatch?.historial.toReversed() ?? [];
    expect(told.map((update) => update.dispatch.estado)).toEqual(past);
    expect(told.map((update) => update.dispatch.version)).toEqual(past.map((_, index) => index + 1));
    expect(dispatch?.ambulancia.id).toBe(unitId);
    expect(dispatch?.rastreo).toHaveLength(times.transport === null ? 3 : 6);
  }
});
