/** Proves how the command line of the replay is understood. */
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/cli/command.ts';
import { parseOptions } from '../../src/cli/replay/options.ts';

const url = 'http://127.0.0.1:4004/graphql';
const parsed = (args: readonly string[]) => parseOptions(args, () => url);

describe('the command line of a replay', () => {
  test('needs no more than a file', () => {
    const options = parsed(['calls.csv']);
    expect(options).toMatchObject({
      file: 'calls.csv',
      speed: 60,
      concurrency: 16,
      limit: Infinity,
      output: 'progress',
    });
    expect(options.url.href).toBe(url);
  });

  test('may ask for a demo, as fast as it goes', () => {
    expect(parsed(['--demo', '--speed', 'max'])).toMatchObject({ file: null, speed: Infinity });
  });

  test('gives times of San Francisco', () => {
    const options = parsed(['calls.csv', '--from', '2017-01-01', '--to', '2017-07-01T06:30']);
    expect(options).toMatchObject({ fromMs: Date.UTC(2017, 0, 1, 8), toMs: Date.UTC(2017, 6, 1, 13, 30) });
  });

  test.each([
    [['--speed', 'fast', 'x.csv'], '--speed is "fast". It must be a number from 0.001 to 1000000, or max.'],
    [['--speed', '-1', 'x.csv'], 'argument is ambiguous'],
    [['--speed', '0', 'x.csv'], '--speed is "0". It must be a number'],
    [['--speed', '0x10', 'x.csv'], '--speed is "0x10". It must be a number'],
    [['--concurrency', '0', 'x.csv'], '--concurrency is "0". It must be a whole number from 1 to 1000.'],
    [['--limit', '', 'x.csv'], '--limit is "". It must be a whole number'],
    [['--seed', '', 'x.csv'], '--seed is "". It must be a whole number from 0 to 4294967295.'],
    [['--patience', '0x10', 'x.csv'], '--patience is "0x10". It must be a whole number from 0 to 86400.'],
    [['--positions', '1e2', 'x.csv'], '--positions is "1e2". It must be a whole number'],
    [['--url', 'localhost', 'x.csv'], '--url must be an http or https address'],
    [['--sped', '1', 'x.csv'], "Unknown option '--sped'. Did you mean --speed?"],
    [['--from', 'noon', 'x.csv'], '--from must be a time like 2017-01-01T18:30'],
    [['--from', '2017-01-02', '--to', '2017-01-01', 'x.csv'], '--from must be before --to'],
    [[], 'Give one file, or --demo.'],
    [['x.csv', 'y.csv'], 'Give one file, or --demo.'],
    [['--demo', 'x.csv'], 'Give one file, or --demo.'],
  ])('%j is refused', (args, words) => {
    expect(() => parsed(args)).toThrow(UsageError);
    expect(() => parsed(args)).toThrow(words);
  });
});
