/** Reads a call log: a table with the columns of DataSF's "Fire Department Calls for Service". */
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { isInOrder, type AmbulanceResponse, type ResponseTimes } from './ambulance-response.ts';
import { CallLogError, locateColumns, type Column } from './columns.ts';
import { openTable } from './dialect.ts';
import type { Point } from './geometry.ts';
import { createLocalTime, type LocalTime } from './local-time.ts';
import { SeenIds } from './seen-ids.ts';

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
  | { readonly kind: 'other-unit'; readonly unitType: string }
  | { readonly kind: 'skipped'; readonly row: string; readonly reason: SkipReason };

/**
 * Yields every row in the order of the file, without holding the file in memory.
 *
 * @throws CallLogError when the file is empty, or the header lacks a column, naming those it lacks
 */
export async function* readCallLog(source: Readable): AsyncGenerator<LogRow> {
  const malformed: string[] = [];
  const { delimiter, text } = await openTable(source);
  const parser = parse({
    delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      malformed.push(`line ${error?.lines ?? '?'}`);
      return undefined;
    },
  });
  const table = Readable.from(text);
  table.once('error', (error) => parser.destroy(error));
  table.pipe(parser);
  using seen = new SeenIds();
  let readRow: ((record: readonly string[], rowNumber: number) => LogRow) | null = null;
  let rowNumber = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      while (malformed.length > 0) yield skipped(malformed.shift() ?? '', 'malformed CSV');
      rowNumber += 1;
      if (readRow) yield readRow(record, rowNumber);
      else readRow = createRowReader(record, seen);
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
  seen: SeenIds,
): (record: readonly string[], rowNumber: number) => LogRow {
  const places = locateColumns(header);
  const localTime = createLocalTime();
  return (record, rowNumber) => {
    const field = (column: Column) => record[places[column]]?.trim() ?? '';
    const unitType = field('Unit Type').toUpperCase();
    if (!ambulanceUnitTypes.has(unitType)) {
      return record.length < header.length
        ? skipped(`row ${rowNumber}`, 'malformed CSV')
        : { kind: 'other-unit', unitType };
    }
    const rowId = field('RowID');
    if (rowId === '') return skipped(`row ${rowNumber}`, 'no RowID');
    if (!seen.add(rowId)) return skipped(rowId, 'duplicate RowID');
    return readResponse(rowId, field, localTime);
  };
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
/** Older exports have lines with the address before it. */
const latitudeFirst = new RegExp(`(?:^|\\n)\\(${number},\\s*${number}\\)$`);
const longitudeFirst = [
  new RegExp(`^POINT\\s*\\(${number}\\s+${number}\\)$`, 'i'),
  new RegExp(`coordinates['"]?\\s*:\\s*\\[${number},\\s*${number}\\]`),
];

/** Reads `(latitude, longitude)`, and the `POINT (longitude latitude)` and GeoJSON of newer exports. */
function readPoint(text: string): Point | null {
  const pair = latitudeFirst.exec(text);
  const point = longitudeFirst.map((form) => form.exec(text)).find((match) => match !== null);
  const [latitud, longitud] = pair ? [pair[1], pair[2]].map(Number) : [point?.[2], point?.[1]].map(Number);
  if (latitud === undefined || longitud === undefined) return null;
  // Some exports write (0, 0) for an unknown place.
  if (latitud === 0 && longitud === 0) return null;
  return Math.abs(latitud) <= 90 && Math.abs(longitud) <= 180 ? { latitud, longitud } : null;
}
