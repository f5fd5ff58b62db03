/** Numbers are written as JavaScript itself writes them, also where they are put together of two parts. */
import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import { base36 } from '../../src/lib/text/base36.ts';

test('whole numbers of all sizes are written as `toString(36)` does', () => {
  const random = createRandom(36);
  const edges = [
    0,
    1,
    35,
    36,
    36 ** 5 - 1,
    36 ** 5,
    36 ** 5 + 1,
    36 ** 10,
    2 ** 31,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
  ];
  const others = Array.from({ length: 10_000 }, () => Math.floor(2 ** (53 * random())));
  for (const value of [...edges, Date.UTC(2026, 0, 1), ...others])
    expect(base36(value)).toBe(value.toString(36));
});
