/** Proves what the replay does when the server fails, refuses or limits the rate, and which mutations it repeats. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseOptions } from '../../src/cli/replay/options.ts';
import { replay } from '../../src/cli/replay/replay.ts';
import { createCallLog } from '../support/call-log.ts';
import { startGraphqlStandIn, type StandInOptions } from '../support/graphql-stand-in.ts';

const undos: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function tServer(options: StandInOptions = {}) {
  const server = await startGraphqlStandIn(options);
  undos.push(() => server.close());
  return server;
}

async function tFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'calls.csv');
  await writeFile(file, content);
  return file;
}

/** Replays a file at full speed. `said` waits until the words are shown to the user. */
function tReplay(file: string, url: string, more: readonly string[] = []) {
  const args = [file, '--speed', 'max', '--json', '--token', 't', ...more];
  const options = parseOptions(args, () => url);
  const stop = new AbortController();
  undos.push(() => stop.abort());
  const stream = new PassThrough({ encoding: 'utf8' });
  let shown = '';
  stream.on('data', (chunk: string) => (shown += chunk));
  const said = (words: string) =>
    new Promise<void>((heard) => stream.on('data', () => shown.includes(words) && heard()));
  const result = replay(options, stop.signal, stream).then((end) => ({ ...end, shown: () => shown }));
  return { said, result };
}

/** A timer may fire so much too early. */
const timerErrorMs = 2;

describe('when the server limits the rate', () => {
  test('it waits as long as it is told, and sends the same again', async () => {
    let opensAt: number | undefined;
    const server = await tServer({
      // Who comes back too early is refused again.
      fault({ name }, before) {
        if (name !== 'ReplayCreate' || before < 2) return undefined;
        opensAt ??= performance.now() + 300;
        const retryAfterMs = Math.ceil(opensAt - performance.now());
        return retryAfterMs > timerErrorMs
          ? { kind: 'error', code: 'RATE_LIMITED', extensions: { retryAfterMs } }
          : undefined;
      },
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 5 }).csv);
    const { ok, summary, shown } = await tReplay(file, server.url, ['--concurrency', '1']).result;
    expect(ok).toBe(true);
    expect(summary.retries).toBe(1);
    expect(server.dispatches()).toHaveLength(5);
    expect(shown()).toContain('waiting 0.3 s');
  });
});

describe('when a connection is lost', () => {
  test.each(['Create', 'Assign', 'Status', 'Position'])(
    'before the answer, each %s is sent again and made once',
    async (kind) => {
      const name = `Replay${kind}`;
      const server = await tServer({
        fault: (operation, before) =>
          operation.name === name && before % 5 === 0 ? { kind: 'cut', when: 'after' } : undefined,
      });
      const log = createCallLog({ seed: 4, ambulanceResponses: 12 });
      const { ok, summary } = await tReplay(await tFile(log.csv), server.url).result;
      expect(ok).toBe(true);
      expect(summary.retries).toBeGreaterThan(2);
      expect(summary).toMatchObject({ uncertain: 0, errors: {} });
      const dispatches = server.dispatches();
      expect(dispatches).toHaveLength(12);
      expect(dispatches.every(({ past, version }) => past.length === version)).toBe(true);
      const positions = dispatches.flatMap((dispatch) => dispatch.positions);
      expect(positions).toHaveLength(summary.mutationsByKind['position']!);
      const sent = server.operations.filter((operation) => operation.name === name);
      const keys = new Set(sent.map(({ variables }) => variables['idempotencyKey']));
      expect(keys.size).toBe(sent.length - summary.retries);
    },
  );

  test('and nobody knows what came of a creation, it is named, and the others go on', async () => {
    const log = createCallLog({ ambulanceResponses: 10 });
    const server = await tServer({
      fault({ name }, before) {
        if (name !== 'ReplayCreate') return undefined;
        if (before === 3) return { kind: 'cut', when: 'before' };
        const extensions = { reason: 'OUTCOME_UNKNOWN' };
        return before === 4 ? { kind: 'error', code: 'UPSTREAM_UNAVAILABLE', extensions } : undefined;
      },
    });
    const { ok, summary } = await tReplay(await tFile(log.csv), server.url, ['--concurrency', '1']).result;
    expect(ok).toBe(false);
    expect(summary.uncertain).toBe(1);
    expect(summary.errorSamples[0]).toContain(`create of ${log.responses[3]?.rowId}`);
    expect(server.dispatches()).toHaveLength(9);
  });

  test('behind a proxy, creations wait until the server is back', async () => {
    let outage = 4;
    const server = await tServer({
      fault: ({ name }) =>
        name === 'ReplayCreate' && outage-- > 0 ? { kind: 'status', status: 502 } : undefined,
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 10 }).csv);
    const { ok, summary } = await tReplay(file, server.url, ['--concurrency', '1']).result;
    expect({ ok, uncertain: summary.uncertain, retries: summary.retries }).toEqual({
      ok: true,
      uncertain: 0,
      retries: 4,
    });
    expect(server.dispatches()).toHaveLength(10);
  });

  test('it goes on when the server comes late', async () => {
    const port = await tFreePort();
    const file = await tFile(createCallLog({ ambulanceResponses: 3 }).csv);
    const { said, result } = tReplay(file, `http://127.0.0.1:${port}/graphql`);
    await said('does not answer');
    const server = await tServer({ port });
    const { ok, shown } = await result;
    expect(ok).toBe(true);
    expect(shown()).toContain('The server answers again.');
    expect(server.dispatches()).toHaveLength(3);
  });

  test('and it gives up after --patience, it says what may have been done', async () => {
    const server = await tServer({ fault: () => ({ kind: 'status', status: 502 }) });
    const file = await tFile(createCallLog({ ambulanceResponses: 3 }).csv);
    const { failure, summary } = await tReplay(file, server.url, ['--patience', '0', '--concurrency', '1'])
      .result;
    expect(failure).toContain('The server has not answered for 0 s');
    expect(summary).toMatchObject({ finished: false, mutations: 0, uncertain: 1 });
  });

  test('it gives up after --patience', async () => {
    const file = await tFile(createCallLog({ ambulanceResponses: 3 }).csv);
    const url = `http://127.0.0.1:${await tFreePort()}/graphql`;
    const { ok, failure, summary } = await tReplay(file, url, ['--patience', '1']).result;
    expect(ok).toBe(false);
    expect(failure).toContain('The server has not answered for 1 s');
    expect(summary).toMatchObject({ finished: false, mutations: 0 });
  });
});

describe('when the server refuses', () => {
  test('a change, the dispatch is given up and counted by its code, and the others go on', async () => {
    const server = await tServer({
      fault: ({ name, variables }) =>
        name === 'ReplayStatus' && variables['id'] === '2'
          ? { kind: 'error', code: 'INVALID_TRANSITION', extensions: { allowed: [] } }
          : undefined,
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 6 }).csv);
    const { ok, summary } = await tReplay(file, server.url).result;
    expect(ok).toBe(false);
    expect(summary).toMatchObject({
      errors: { INVALID_TRANSITION: 1 },
      dispatches: { abandoned: 1, created: 6 },
    });
    expect(server.dispatches().filter(({ estado }) => estado === 'ASIGNADO')).toHaveLength(1);
  });

  test('a repeated change because somebody else changed the dispatch, it is not taken for its own', async () => {
    const server = await tServer({
      fault: ({ name }, before) => {
        if (name !== 'ReplayStatus') return undefined;
        if (before === 0) return { kind: 'cut', when: 'before' };
        return before === 1 ? { kind: 'error', code: 'CONFLICT', extensions: { version: 3 } } : undefined;
      },
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 1 }).csv);
    const { ok, summary } = await tReplay(file, server.url).result;
    expect(ok).toBe(false);
    expect(summary.errors).toEqual({ CONFLICT: 1 });
  });

  test('a change because a crew has answered meanwhile, it goes on with the version that there is', async () => {
    const server = await tServer({
      fault({ name }, before) {
        if (name === 'ReplayStatus' && before % 3 === 0) server.touchAll();
        return undefined;
      },
    });
    const file = await tFile(createCallLog({ ambulanceResponses: 2 }).csv);
    const { ok, summary } = await tReplay(file, server.url).result;
    expect({ ok, errors: summary.errors }).toEqual({ ok: true, errors: {} });
  });

  test('the token, the replay ends at once with the message of the server', async () => {
    const server = await tServer({ fault: () => ({ kind: 'error', code: 'UNAUTHENTICATED' }) });
    const file = await tFile(createCallLog({ ambulanceResponses: 50 }).csv);
    const { ok, failure } = await tReplay(file, server.url).result;
    expect(ok).toBe(false);
    expect(failure).toContain('UNAUTHENTICATED: This is UNAUTHENTICATED.');
    expect(server.operations.length).toBeLessThanOrEqual(16);
  });

  test('because the address is another, it says so', async () => {
    const server = await tServer({ fault: () => ({ kind: 'status', status: 404 }) });
    const file = await tFile(createCallLog({ ambulanceResponses: 3 }).csv);
    const { ok, failure } = await tReplay(file, server.url).result;
    expect(ok).toBe(false);
    expect(failure).toContain('HTTP 404 no GraphQL here');
  });
});

/** A port on which no server listens. */
async function tFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}
