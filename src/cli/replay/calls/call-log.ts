/** Reads a call log: a CSV file with the columns of DataSF's "Fire Department Calls for Service". */
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { isInOrder, type AmbulanceResponse, type ResponseTimes } from './ambulance-response.ts';
import type { Point } from './geometry.ts';
import { createLocalTime, type LocalTime } from './local-time.ts';

const columns = [
  'Unit ID',
  'Call Type',
  'Received DtTm',
  'Dispatch DtTm',
  'Response DtTm',
  'On Scene DtTm',
  'Transport DtTm',
  'Hospital DtTm',
  'Available DtTm',
  'Address',
  'City',
  'Final Priority',
  'Call Type Group',
  'Unit Type',
  'Location',
  'RowID',
] as const;
type Column = (typeof columns)[number];

/** Newer exports have other names for some columns. */
const otherNames: Partial<Record<Column, string>> = { Location: 'case_location' };

const ambulanceUnitTypes = new Set(['MEDIC', 'PRIVATE']);

export type SkipReason =
  | 'malformed CSV'
  | 'no RowID'
  | 'duplicate RowID'
  | 'no unit'
  | 'no received time'
  | 'bad time'
  | 'times out of order'
  | 'no coordinates';

/** One row of the log: a response of an ambulance, a response of another unit, or a row that cannot be used. */
export type LogRow =
  | { readonly kind: 'response'; readonly response: AmbulanceResponse }
  | { readonly kind: 'other-unit' }
  | { readonly kind: 'skipped'; readonly row: string; readonly reason: SkipReason };

/** The file is not a call log: nothing in it can be used. */
export class CallLogError extends Error {}

/**
 * Yields every row in the order of the file, without holding the file in memory.
 *
 * @throws CallLogError when the header lacks a column, naming those it lacks
 */
export async function* readCallLog(source: Readable): AsyncGenerator<LogRow> {
  const malformed: string[] = [];
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      malformed.push(`line ${error?.lines ?? '?'}`);
      return undefined;
    },
  });
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let readRow: ((record: readonly string[], rowNumber: number) => LogRow) | null = null;
  let rowNumber = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      while (malformed.length > 0) yield skipped(malformed.shift() ?? '', 'malformed CSV');
      rowNumber += 1;
      if (readRow) yield readRow(record, rowNumber);
      else readRow = createRowReader(record);
    }
  } finally {
    source.destroy();
  }
  if (!readRow) throw new CallLogError('The file is empty: it does not even have a header.');
  while (malformed.length > 0) yield skipped(malformed.shift() ?? '', 'malformed CSV');
}

const skipped = (row: string, reason: SkipReason): LogRow => ({ kind: 'skipped', row, reason });

function createRowReader(
  header: readonly string[],
): (record: readonly string[], rowNumber: number) => LogRow {
  const places = locateColumns(header);
  const localTime = createLocalTime();
  const seen = new Set<string>();
  return (record, rowNumber) => {
    const field = (column: Column) => record[places[column]]?.trim() ?? '';
    if (!ambulanceUnitTypes.has(field('Unit Type'))) {
      return record.length < header.length
        ? skipped(`row ${rowNumber}`, 'malformed CSV')
        : { kind: 'other-unit' };
    }
    const rowId = field('RowID');
    if (rowId === '') return skipped(`row ${rowNumber}`, 'no RowID');
    if (seen.has(rowId)) return skipped(rowId, 'duplicate RowID');
    seen.add(rowId);
    return readResponse(rowId, field, localTime);
  };
}

function locateColumns(header: readonly string[]): Record<Column, number> {
  const names = header.map((name) => name.trim());
  const places = columns.map((column) => {
    const place = names.indexOf(column);
    return [column, place >= 0 ? place : names.indexOf(otherNames[column] ?? column)] as const;
  });
  const missing = places.filter(([, place]) => place < 0).map(([column]) => `"${column}"`);
  if (missing.length > 0) {
    throw new CallLogError(
      `The file lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${missing.join(', ')}. ` +
        'A call log has the columns of DataSF\'s "Fire Department Calls for Service".',
    );
  }
  return Object.fromEntries(places) as Record<Column, number>;
}

function readResponse(rowId: string, field: (column: Column) => string, localTime: LocalTime): LogRow {
  const unitId = field('Unit ID');
  if (unitId === '') return skipped(rowId, 'no unit');
  if (field('Received DtTm') === '') return skipped(rowId, 'no received time');
  const times = readTimes(field, localTime);
  if (!times) return skipped(rowId, 'bad time');
  if (!isInOrder(times)) return skipped(rowId, 'times out of order');
  const scene = readPoint(field('Location'));
  if (!scene) return skipped(rowId, 'no coordinates');
  const response: AmbulanceResponse = {
    rowId,
    unitId,
    callType: field('Call Type'),
    callTypeGroup: field('Call Type Group'),
    finalPriority: field('Final Priority'),
    address: [field('Address'), field('City')].filter((part) => part !== '').join(', '),
    scene,
    times,
  };
  return { kind: 'response', response };
}

/** Null when the text of one of them is not a time. */
function readTimes(field: (column: Column) => string, localTime: LocalTime): ResponseTimes | null {
  let latest = -Infinity;
  let bad = false;
  const read = (column: Column): number | null => {
    const text = field(column);
    if (text === '') return null;
    const instantMs = localTime.readLogTime(text, latest);
    if (instantMs === null) bad = true;
    else latest = Math.max(latest, instantMs);
    return instantMs;
  };
  const received = read('Received DtTm');
  const times = {
    dispatch: read('Dispatch DtTm'),
    response: read('Response DtTm'),
    onScene: read('On Scene DtTm'),
    transport: read('Transport DtTm'),
    hospital: read('Hospital DtTm'),
    available: read('Available DtTm'),
  };
  return bad || received === null ? null : { received, ...times };
}

const number = String.raw`(-?\d+(?:\.\d+)?)`;
const latitudeFirst = new RegExp(`^\\(${number},\\s*${number}\\)$`);
const wellKnownText = new RegExp(`^POINT\\s*\\(${number}\\s+${number}\\)$`, 'i');

/** Reads `(latitude, longitude)`, and the `POINT (longitude latitude)` of newer exports. */
function readPoint(text: string): Point | null {
  const pair = latitudeFirst.exec(text);
  const point = wellKnownText.exec(text);
  const [latitud, longitud] = pair ? [pair[1], pair[2]].map(Number) : [point?.[2], point?.[1]].map(Number);
  if (latitud === undefined || longitud === undefined) return null;
  // Some exports write (0, 0) for an unknown place.
  if (latitud === 0 && longitud === 0) return null;
  return Math.abs(latitud) <= 90 && Math.abs(longitud) <= 180 ? { latitud, longitud } : null;
}
