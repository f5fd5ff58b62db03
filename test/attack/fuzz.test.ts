/** Requests, frames and HTTP messages made by chance, thousands of each, on one process: it must not mind. */
import { expect, test } from '@jest/globals';
import { fuzz } from '../support/fuzz/fuzz.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 1e9));
const count = Number(process.env['FUZZ_COUNT'] ?? 5_000);
const mebibyte = 1024 * 1024;
/** The caches are as full at the end as at the beginning; what code V8 keeps, and where it stands in its lists, differs. */
const toleranceBytes = 8 * mebibyte;
/** What cannot fail to come up. */
const common = [
  ...['data', 'BAD_USER_INPUT', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'FORBIDDEN', 'stream'],
  ...['pong', 'closed 4400', 'closed 4401', 'HTTP 200', 'HTTP 400', 'HTTP 413'],
];

test(
  'requests and frames made by chance are answered, none with a mistake of ours, and nothing of them stays',
  async () => {
    process.stderr.write(`Seed ${seed}: ${count} requests, ${count} frames, ${count} HTTP messages.\n`);
    const { verdict, compared, heldBytes, leftOpen } = await fuzz({ seed, count });
    const { outcomes, offences } = verdict;
    const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
    process.stderr.write(`${sorted.map(([outcome, times]) => `  ${times} ${outcome}`).join('\n')}\n`);
    const [before, after] = [heldBytes.before, heldBytes.after].map((bytes) => bytes / mebibyte);
    process.stderr.write(
      `  ${compared} compared; ${before!.toFixed(1)} MiB, then ${after!.toFixed(1)} MiB\n`,
    );
    expect(offences).toEqual([]);
    expect(leftOpen).toEqual([]);
    expect(heldBytes.after).toBeLessThan(heldBytes.before + toleranceBytes);
    // Else it would prove nothing.
    expect(compared).toBeGreaterThanOrEqual(count / 12);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(common));
  },
  60_000 + count * 200,
);
