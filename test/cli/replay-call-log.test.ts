/** Proves how a call log is read: its columns, its rows that cannot be used, and its times. */
import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import {
  incidenteOf,
  prioridadOf,
  type AmbulanceResponse,
} from '../../src/cli/replay/calls/ambulance-response.ts';
import { readCallLog, type LogRow } from '../../src/cli/replay/calls/call-log.ts';
import { CallLogError } from '../../src/cli/replay/calls/columns.ts';
import { createLocalTime } from '../../src/cli/replay/calls/local-time.ts';
import { callLogColumns, createCallLog, formatCallLog, type CallLogRow } from '../support/call-log.ts';

const realLog = resolve(import.meta.dirname, '../../../shared/data/sffd-calls-2017-week1.csv');

const readAll = (csv: string | Buffer): Promise<LogRow[]> =>
  Array.fromAsync(readCallLog(Readable.from([csv])));
const responsesOf = (rows: readonly LogRow[]): AmbulanceResponse[] =>
  rows.flatMap((row) => (row.kind === 'response' ? [row.response] : []));

/** A row that can be used, with some of its fields replaced. */
function tRow(changes: CallLogRow): CallLogRow {
  const [row] = createCallLog({ ambulanceResponses: 1 }).rows.filter((row) => row['Unit Type'] === 'MEDIC');
  return { ...row, ...changes };
}

async function tSkipReasons(...rows: CallLogRow[]) {
  const read = await readAll(formatCallLog(rows));
  return read.map((row) => (row.kind === 'skipped' ? `${row.row}: ${row.reason}` : row.kind));
}

describe('a call log', () => {
  test('yields every ambulance response that was written into it, and counts the other units', async () => {
    const log = createCallLog({ seed: 7, ambulanceResponses: 200 });
    const rows = await readAll(log.csv);
    expect(responsesOf(rows).reverse()).toEqual(log.responses);
    expect(rows.filter(({ kind }) => kind === 'other-unit')).toHaveLength(50);
    expect(rows.filter(({ kind }) => kind === 'skipped')).toEqual([]);
  });

  test('is the same for the same seed and another for another', () => {
    expect(createCallLog({ seed: 3 }).csv).toBe(createCallLog({ seed: 3 }).csv);
    expect(createCallLog({ seed: 3 }).csv).not.toBe(createCallLog({ seed: 4 }).csv);
  });

  test('may begin with a byte order mark, quote any field, and have its columns in any order', async () => {
    const address = '0 Block of "O, REILLY" AVE';
    const csv = formatCallLog([tRow({ Address: address })], callLogColumns.toReversed());
    const [response] = responsesOf(await readAll(`\ufeff${csv}`.replaceAll('\n', '\r\n')));
    expect(response?.address).toBe(`${address}, San Francisco`);
  });

  test('may write its coordinates as newer exports do', async () => {
    const columns = callLogColumns.map((column) => (column === 'Location' ? 'case_location' : column));
    const csv = formatCallLog([tRow({ case_location: 'POINT (-122.4126 37.7838)' })], columns);
    expect(responsesOf(await readAll(csv))[0]?.scene).toEqual({ latitud: 37.7838, longitud: -122.4126 });
  });

  test('without some of its columns is refused, and they are named', async () => {
    const columns = callLogColumns.filter((column) => !['Unit Type', 'RowID'].includes(column));
    const reading = readAll(formatCallLog([tRow({})], columns));
    await expect(reading).rejects.toThrow(CallLogError);
    await expect(reading).rejects.toThrow('lacks the columns "Unit Type", "RowID"');
    await expect(readAll('')).rejects.toThrow('empty');
  });

  test('names the rows that it cannot use, each with its reason, and reads on', async () => {
    expect(
      await tSkipReasons(
        tRow({ RowID: '1' }),
        tRow({ RowID: '1' }),
        tRow({ RowID: '' }),
        tRow({ RowID: '2', 'Unit ID': '' }),
        tRow({ RowID: '3', 'Received DtTm': '' }),
        tRow({ RowID: '4', 'Received DtTm': '13/40/2016 11:00:00 PM' }),
        tRow({ RowID: '5', 'Available DtTm': 'soon' }),
        tRow({ RowID: '6', 'On Scene DtTm': '12/31/2016 01:00:00 PM' }),
        tRow({ RowID: '7', Location: '' }),
        tRow({ RowID: '8', Location: '(0, 0)' }),
        tRow({ RowID: '9', Location: '(137.7, -122.4)' }),
        tRow({ RowID: '10' }),
      ),
    ).toEqual([
      'response',
      '1: duplicate RowID',
      'row 4: no RowID',
      '2: no unit',
      '3: no received time',
      '4: bad time',
      '5: bad time',
      '6: times out of order',
      '7: no coordinates',
      '8: no coordinates',
      '9: no coordinates',
      'response',
    ]);
  });

  test('may have rows that are not valid CSV', async () => {
    const [header, ...rest] = formatCallLog([tRow({ RowID: '1' }), tRow({ RowID: '2' })]).split('\n');
    const rows = await readAll([header, rest[0], 'torn "in the middle', 'short,row', rest[1]].join('\n'));
    expect(responsesOf(rows).map(({ rowId }) => rowId)).toEqual(['1', '2']);
    expect(rows.filter((row) => row.kind === 'skipped').map(({ reason }) => reason)).toEqual([
      'malformed CSV',
      'malformed CSV',
    ]);
  });

  test('tolerates a hospital that is stamped before the transport', async () => {
    const hospital = '12/31/2016 01:00:00 PM';
    const { rows } = createCallLog({ ambulanceResponses: 50 });
    const transported = rows.find((row) => row['Transport DtTm'] !== '');
    expect(await tSkipReasons({ ...transported, 'Hospital DtTm': hospital })).toEqual(['response']);
  });

  (existsSync(realLog) ? test : test.skip)('of a real week is read whole', async () => {
    const rows = await Array.fromAsync(readCallLog(createReadStream(realLog)));
    const skipped = rows.filter((row) => row.kind === 'skipped');
    const responses = responsesOf(rows);
    expect(rows).toHaveLength(7_704);
    expect(responses.length + skipped.length).toBe(3_145);
    expect(skipped.map(({ row, reason }) => [row, reason])).toEqual([
      ['170062627-AM08', 'times out of order'],
      ['170060123-75', 'times out of order'],
    ]);
    expect(responses.filter(({ times }) => times.transport !== null)).toHaveLength(2_206);
  });
});

describe('the words of a call', () => {
  const tWords = (callType: string, callTypeGroup: string, finalPriority: string): AmbulanceResponse => {
    const [response] = createCallLog({ ambulanceResponses: 1 }).responses;
    if (!response) throw new Error('A log of one response has none.');
    return { ...response, callType, callTypeGroup, finalPriority };
  };

  test.each([
    ['Potentially Life-Threatening', '3', 'CRITICA'],
    ['Potentially Life-Threatening', '2', 'ALTA'],
    ['Non Life-threatening', '3', 'MEDIA'],
    ['Non Life-threatening', '2', 'BAJA'],
    ['Alarm', '3', 'ALTA'],
    ['', '', 'MEDIA'],
  ])('%s with priority %s is %s', (group, priority, prioridad) => {
    expect(prioridadOf(tWords('Medical Incident', group, priority))).toBe(prioridad);
  });

  test.each([
    ['Medical Incident', 'EMERGENCIA_MEDICA'],
    ['Traffic Collision', 'ACCIDENTE'],
    ['Structure Fire', 'ACCIDENTE'],
    ['Citizen Assist / Service Call', 'OTRO'],
  ])('%s is %s', (callType, incidente) => {
    expect(incidenteOf(tWords(callType, '', ''))).toBe(incidente);
  });
});

describe('a time of San Francisco', () => {
  const { readLogTime, readIsoTime, formatLogTime } = createLocalTime();
  const iso = (instantMs: number | null) => (instantMs === null ? null : new Date(instantMs).toISOString());

  test.each([
    ['12/31/2016 11:57:56 PM', '2017-01-01T07:57:56.000Z'],
    ['07/04/2017 12:00:00 PM', '2017-07-04T19:00:00.000Z'],
    ['01/01/2017 12:00:00 AM', '2017-01-01T08:00:00.000Z'],
    ['03/12/2017 03:00:00 AM', '2017-03-12T10:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(iso(readLogTime(text))).toBe(instant);
    expect(formatLogTime(Date.parse(instant))).toBe(text);
  });

  test('in the hour that autumn repeats is the one that follows what came before', () => {
    expect(iso(readLogTime('11/05/2017 01:10:00 AM'))).toBe('2017-11-05T08:10:00.000Z');
    const before = readLogTime('11/05/2017 01:50:00 AM') ?? 0;
    expect(iso(readLogTime('11/05/2017 01:10:00 AM', before))).toBe('2017-11-05T09:10:00.000Z');
  });

  test('is null for a text that is not a time', () => {
    for (const text of [
      '02/29/2017 01:00:00 PM',
      '01/01/2017 13:00:00 PM',
      '01/01/2017 00:10:00 AM',
      '2017-01-01',
      '',
    ])
      expect(readLogTime(text)).toBeNull();
    expect(iso(readIsoTime('2017-01-01T18:30'))).toBe('2017-01-02T02:30:00.000Z');
    expect(readIsoTime('2017-13-01')).toBeNull();
  });
});
