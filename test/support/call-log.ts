/** Makes call logs with the columns of DataSF's "Fire Department Calls for Service". */
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { generateEvening } from '../../src/cli/replay/calls/demo.ts';
import { createLocalTime } from '../../src/cli/replay/calls/local-time.ts';

export const callLogColumns = [
  ...['Call Number', 'Unit ID', 'Incident Number', 'Call Type', 'Call Date', 'Watch Date', 'Received DtTm'],
  ...['Entry DtTm', 'Dispatch DtTm', 'Response DtTm', 'On Scene DtTm', 'Transport DtTm', 'Hospital DtTm'],
  ...['Call Final Disposition', 'Available DtTm', 'Address', 'City', 'Zipcode of Incident', 'Battalion'],
  ...[
    'Station Area',
    'Box',
    'Original Priority',
    'Priority',
    'Final Priority',
    'ALS Unit',
    'Call Type Group',
  ],
  ...['Number of Alarms', 'Unit Type', 'Unit sequence in call dispatch', 'Fire Prevention District'],
  ...['Supervisor District', 'Neighborhood  District', 'Location', 'RowID'],
];

export type CallLogRow = Readonly<Record<string, string>>;

export interface CallLog {
  readonly csv: string;
  /** Rows of ambulances and of other units, newest call first, as the city publishes them. */
  readonly rows: readonly CallLogRow[];
  /** The responses of the ambulances' rows, in the order of their calls. */
  readonly responses: readonly AmbulanceResponse[];
}

/** An evening with so many ambulance responses, and a fire engine at every fourth. The same arguments give the same log. */
export function createCallLog({ seed = 1, ambulanceResponses = 50 } = {}): CallLog {
  const startMs = Date.UTC(2017, 0, 1, 2);
  const responses = generateEvening({ seed, startMs }).take(ambulanceResponses).toArray();
  const rows = responses
    .flatMap((response, index) => {
      const row = callLogRow(response);
      return index % 4 === 0 ? [row, engineRow(row)] : [row];
    })
    .reverse();
  return { csv: formatCallLog(rows), rows, responses };
}

export function formatCallLog(
  rows: readonly CallLogRow[],
  columns: readonly string[] = callLogColumns,
  delimiter = ',',
): string {
  const line = (fields: readonly string[]) =>
    `${fields.map((field) => quote(field, delimiter)).join(delimiter)}\n`;
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column] ?? ''))).join('');
}

const quote = (field: string, delimiter: string) =>
  /["\n]/.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field;

const { formatLogTime } = createLocalTime();
const formatOptional = (instantMs: number | null) => (instantMs === null ? '' : formatLogTime(instantMs));

export function callLogRow({ rowId, unitId, times, scene, ...response }: AmbulanceResponse): CallLogRow {
  const [address = '', city = ''] = response.address.split(', ');
  const received = formatLogTime(times.received);
  return {
    'Call Number': rowId.split('-')[0] ?? '',
    'Unit ID': unitId,
    'Call Type': response.callType,
    'Call Date': received.slice(0, 10),
    'Received DtTm': received,
    'Dispatch DtTm': formatOptional(times.dispatch),
    'Response DtTm': formatOptional(times.response),
    'On Scene DtTm': formatOptional(times.onScene),
    'Transport DtTm': formatOptional(times.transport),
    'Hospital DtTm': formatOptional(times.hospital),
    'Available DtTm': formatOptional(times.available),
    Address: address,
    City: city,
    'Final Priority': response.finalPriority,
    'Call Type Group': response.callTypeGroup,
    'Unit Type': 'MEDIC',
    Location: `(${scene.latitud}, ${scene.longitud})`,
    RowID: rowId,
  };
}

function engineRow(row: CallLogRow): CallLogRow {
  return {
    ...row,
    'Unit ID': 'E01',
    'Unit Type': 'ENGINE',
    'Transport DtTm': '',
    'Hospital DtTm': '',
    RowID: `${row['Call Number']}-E01`,
  };
}
