/** Proves that a replay takes no more memory for a long log than for a short one, and sorts it all the same. */
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { SeenIds } from '../../src/cli/replay/calls/seen-ids.ts';
import { SortedResponses } from '../../src/cli/replay/calls/sorted-responses.ts';
import { createRandom } from '../../src/cli/replay/random.ts';
import { callLogRow, createCallLog, formatCallLog } from '../support/call-log.ts';

const program = resolve(import.meta.dirname, '../../src/cli/replay.ts');
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** Responses in an order by chance, several of them at one time. */
function tResponses(count: number) {
  const random = createRandom(1);
  const { responses } = createCallLog({ ambulanceResponses: count });
  return responses
    .map((response, index) => ({ ...response, times: { ...response.times, received: index % 97 } }))
    .map((response) => ({ response, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ response }) => response);
}

describe('responses', () => {
  const responses = tResponses(1_000);
  const sorted = [...responses].sort((a, b) => a.times.received - b.times.received);

  test.each([Infinity, 1_000, 999, 100, 40, 1])('are sorted beyond the memory, up to %d of them', (limit) => {
    using own = new SortedResponses({ limit, maxHeld: 100 });
    for (const response of responses) own.add(response);
    expect(own.length).toBe(Math.min(limit, 1_000));
    expect([...own]).toEqual(sorted.slice(0, limit));
  });

  test('are none where none came', () => {
    using own = new SortedResponses({ limit: Infinity });
    expect([own.length, ...own]).toEqual([0]);
  });
});

test('an id is known once it was seen, and no other', () => {
  const seen = new SeenIds();
  const ids = Array.from({ length: 50_000 }, (_, index) => `${index}-M${index % 7}`);
  expect(ids.filter((id) => !seen.add(id))).toEqual([]);
  expect(ids.filter((id) => seen.add(id))).toEqual([]);
});

/** So little that a log of these rows does not fit into it, which is 24 MB as a file. MB. */
const heapMb = 40;
const rows = 80_000;

test('a log is played that the memory would not hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true }));
  const pipe = join(folder, 'calls.csv');
  execFileSync('mkfifo', [pipe]);
  const args = [program, pipe, '--patience', '0', '--json', '--url', 'http://127.0.0.1:1/graphql'];
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, ...args], {
    ...{ env: {} },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undos.push(() => child.kill('SIGKILL'));
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  await pipeline(Readable.from(longLog()), createWriteStream(pipe));
  // It has read all, and begins with the first call.
  expect(await stderr).toContain('The server has not answered for 0 s');
  expect(JSON.parse(await stdout)).toMatchObject({ rows: { read: rows, ambulanceResponses: rows } });
}, 300_000);

function* longLog() {
  const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
  const [header, row = ''] = formatCallLog([callLogRow(response!)]).split('\n');
  yield `${header}\n`;
  for (let number = 0; number < rows; number += 1_000)
    yield Array.from(
      { length: 1_000 },
      (_, index) => `${row.replaceAll(response!.rowId, `${number + index}`)}\n`,
    ).join('');
}
