/** Proves that a call log is read as it really comes: as portals export it, and as spreadsheets save it again. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { readCallLog } from '../../src/cli/replay/calls/call-log.ts';
import { createLocalTime } from '../../src/cli/replay/calls/local-time.ts';
import { callLogColumns, createCallLog, formatCallLog, type CallLogRow } from '../support/call-log.ts';

const log = createCallLog({ seed: 5, ambulanceResponses: 12 });

/** In the order of their calls. */
async function responsesOf(csv: string | Buffer, chunkBytes = Infinity): Promise<AmbulanceResponse[]> {
  const bytes = Buffer.from(csv);
  const chunks = [];
  for (let start = 0; start < bytes.length; start += chunkBytes)
    chunks.push(bytes.subarray(start, start + chunkBytes));
  const rows = await Array.fromAsync(readCallLog(Readable.from(chunks)));
  expect(rows.filter(({ kind }) => kind === 'skipped')).toEqual([]);
  return rows.flatMap((row) => (row.kind === 'response' ? [row.response] : [])).reverse();
}

/** The same log with all times written in another way. */
const withTimes = (write: (text: string) => string): CallLogRow[] =>
  log.rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, text]) => [
        column,
        / DtTm$/.test(column) && text !== '' ? write(text) : text,
      ]),
    ),
  );

const { readLogTime } = createLocalTime();
/** What a clock of San Francisco shows in winter, eight hours behind. */
const shown = (text: string) => new Date(readLogTime(text)! - 8 * 3_600_000).toISOString();

describe('columns', () => {
  test.each([
    ['semicolons', ';', ''],
    ['tabs', '\t', ''],
    ['bars', '|', ''],
    ['semicolons, which the first line names', ';', 'sep=;\r\n'],
  ])('may be separated by %s', async (_what, delimiter, before) => {
    const csv = before + formatCallLog(log.rows, callLogColumns, delimiter);
    expect(await responsesOf(csv)).toEqual(log.responses);
  });

  test.each([
    ['as the API of the portal does', (name: string) => name.toLowerCase().replaceAll(/\s+/g, '_')],
    ['with the place as newer exports do', (name: string) => (name === 'Location' ? 'Case Location' : name)],
    ['in capitals', (name: string) => name.toUpperCase()],
  ])('may be named %s', async (_how, rename) => {
    const [header = '', ...rest] = formatCallLog(log.rows).split('\n');
    const csv = [header.split(',').map(rename).join(','), ...rest].join('\n');
    expect(await responsesOf(csv)).toEqual(log.responses);
  });

  test('may come in UTF-16, as spreadsheets save Unicode text, and in pieces', async () => {
    const tabs = formatCallLog(log.rows, callLogColumns, '\t').replaceAll('\n', '\r\n');
    const bytes = Buffer.from(`\ufeff${tabs}`, 'utf16le');
    expect(await responsesOf(bytes, 7)).toEqual(log.responses);
  });
});

describe('times', () => {
  test.each<[string, (text: string) => string]>([
    ['ISO 8601', (text) => shown(text).slice(0, 19)],
    ['ISO 8601 with milliseconds', (text) => shown(text).slice(0, 23)],
    ['ISO 8601 with a zone', (text) => new Date(readLogTime(text)!).toISOString()],
    ['ISO 8601 with the difference', (text) => `${shown(text).slice(0, 19)}-08:00`],
    [
      'the year first, and slashes',
      (text) => shown(text).slice(0, 19).replaceAll('-', '/').replace('T', ' '),
    ],
    ['the year first, and halves of the day', (text) => text.replace(/^(..)\/(..)\/(....)/, '$3-$1-$2')],
    [
      'the month first, and twenty-four hours',
      (text) => shown(text).replace(/^(....)-(..)-(..)T(.{8}).*/, '$2/$3/$1 $4'),
    ],
    ['small letters', (text) => text.toLowerCase()],
  ])('may be written as %s', async (_how, write) => {
    expect(await responsesOf(formatCallLog(withTimes(write)))).toEqual(log.responses);
  });

  test.each([
    '2016-13-01 10:00',
    '2016-02-30T10:00',
    '2016/12-31 10:00',
    '12/31/2016 25:00',
    '12/31/2016 13:00 PM',
    '31.12.2016 10:00',
    '2016-12-31',
    '2016-12-31T10:00 PM Z',
  ])('%s is none', (text) => {
    expect(readLogTime(text)).toBeNull();
  });
});

test.each([
  ['a line with the address', (point: string) => `7TH AV\nSan Francisco\n${point}`],
  [
    'GeoJSON',
    (point: string) => point.replace(/^\((.*), (.*)\)$/, '{"type": "Point", "coordinates": [$2, $1]}'),
  ],
])('places may come as %s', async (_how, write) => {
  const rows = log.rows.map((row) => ({ ...row, Location: write(row['Location']!) }));
  expect(await responsesOf(formatCallLog(rows))).toEqual(log.responses);
});
