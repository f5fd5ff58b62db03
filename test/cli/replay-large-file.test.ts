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

test.each([undefined, 5_000, 300, 1])(
  'an id is known once it was seen, and no other, with %s of them in memory',
  (maxHeld) => {
    using seen = new SeenIds(maxHeld);
    const ids = Array.from({ length: maxHeld === 1 ? 100 : 5_000 }, (_, index) => `${index}-M${index % 7}`);
    expect(ids.filter((id) => !seen.add(id))).toEqual([]);
    expect(ids.filter((id) => seen.add(id))).toEqual([]);
    expect(seen.add('another')).toBe(true);
  },
);

/** So little that a log of these rows does not fit into it. MB. */
const heapMb = 40;
const smallMb = 24;
const smallRows = 80_000;
/** How large the log is; `npm run test:replay` plays one of 2 GB beside the small one. It is a pipe: nothing is written. */
const logMb = Number(process.env['REPLAY_MB'] ?? smallMb);
const timeoutMs = 120_000 + logMb * 10_000;

/** Said at the end, KB: of the process as a whole, and so of what is not on its heap, too. */
const sayPeak = 'process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS))';

async function playLog(rows: number): Promise<{ readonly peakMb: number; readonly mb: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  undos.push(() => rm(folder, { recursive: true }));
  const pipe = join(folder, 'calls.csv');
  execFileSync('mkfifo', [pipe]);
  const flags = [
    `--max-old-space-size=${heapMb}`,
    `--import=data:text/javascript,${encodeURIComponent(sayPeak)}`,
  ];
  const args = [program, pipe, '--patience', '0', '--json', '--url', 'http://127.0.0.1:1/graphql'];
  const child = spawn(process.execPath, [...flags, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  undos.push(() => child.kill('SIGKILL'));
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const log = createWriteStream(pipe);
  await pipeline(Readable.from(longLog(rows)), log);
  // It has read all, and begins with the first call.
  expect(await stderr).toContain('The server has not answered for 0 s');
  expect(JSON.parse(await stdout)).toMatchObject({ rows: { read: rows, ambulanceResponses: rows } });
  const [, peakKb] = /\npeak (\d+)$/.exec(await stderr)!;
  return { peakMb: Number(peakKb) / 1_024, mb: log.bytesWritten / 1_000_000 };
}

test(
  'a log is played that the memory would not hold',
  async () => {
    const small = await playLog(smallRows);
    if (logMb === smallMb) return;
    const large = await playLog(1_000 * Math.round((smallRows / 1_000) * (logMb / small.mb)));
    const shown = [small, large].map(({ mb, peakMb }) => `${mb.toFixed()} MB: ${peakMb.toFixed()} MB`);
    process.stdout.write(`The most memory while a log is played, of ${shown.join('; of ')}\n`);
    // Beside the heap there are ids in two tables of 16 MB and a buffer of 8 MB, however long the log is. The rest is garbage, of which
    // there is more before it is collected the busier the machine is.
    expect(large.peakMb).toBeLessThan(1.6 * small.peakMb + 48);
  },
  timeoutMs,
);

function* longLog(rows: number) {
  const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
  const [header, row = ''] = formatCallLog([callLogRow(response!)]).split('\n');
  yield `${header}\n`;
  for (let number = 0; number < rows; number += 1_000)
    yield Array.from(
      { length: 1_000 },
      (_, index) => `${row.replaceAll(response!.rowId, `${number + index}`)}\n`,
    ).join('');
}
