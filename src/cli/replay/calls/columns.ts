/** Finds the columns of a call log by their names, however an export writes them: "Received DtTm", "received_dttm". */

export const columns = [
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
export type Column = (typeof columns)[number];

/** Newer exports have other names for some columns. */
const otherNames: Partial<Record<Column, string>> = { Location: 'case_location' };

/** The file is not a call log: nothing in it can be used. */
export class CallLogError extends Error {}

/** Without regard to case, and to what stands between words. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z\d]/g, '');

/** @throws CallLogError when the header lacks a column, naming those it lacks */
export function locateColumns(header: readonly string[]): Record<Column, number> {
  const names = header.map(plain);
  const places = columns.map((column) => {
    const place = names.indexOf(plain(column));
    return [column, place >= 0 ? place : names.indexOf(plain(otherNames[column] ?? column))] as const;
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
