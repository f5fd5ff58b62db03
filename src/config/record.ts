/** Variables about the record: where dispatches, events and messages are kept, and for how long. */
import { parsePostgresUrl, PostgresUrlError, type PostgresAddress } from '../lib/addresses/postgres-url.ts';
import { dayMs, minuteMs, secondMs } from '../lib/clock.ts';
import { readAuthorities } from './authorities.ts';
import type { EnvReader } from './env-reader.ts';
import { Secret } from './secret.ts';

export function readRecord(reader: EnvReader) {
  const url = reader.text('DATABASE_URL');
  const address = readAddress(reader, url);
  const dataDir = reader.text('DATA_DIR') ?? '.data';
  const days = { min: 1, max: 3_650 };
  const retentionDays = {
    events: reader.integer('EVENT_RETENTION_DAYS', { fallback: 30, ...days }),
    locations: reader.integer('LOCATION_RETENTION_DAYS', { fallback: 90, ...days }),
    messages: reader.integer('MESSAGE_RETENTION_DAYS', { fallback: 365, ...days }),
  };
  const receipts = {
    isOn: reader.choice('RECEIPTS', ['on', 'off'], 'on') === 'on',
    /** From one batch to the next: so much is lost when a process is killed. */
    everyMs: reader.integer('RECEIPT_INTERVAL_MS', { fallback: 5 * secondMs, min: 50, max: minuteMs }),
  };
  const exclusiveAmbulances = readExclusiveAmbulances(reader);
  const kept = { retentionDays, receipts, exclusiveAmbulances };
  const postgres = {
    /** Certificates of the authorities that a PostgreSQL with TLS is trusted by, PEM. Null for what DATABASE_URL says. */
    ca: readCa(reader, address),
    /** Of one process, its relay's among them. */
    maxConnections: reader.integer('DATABASE_MAX_CONNECTIONS', { fallback: 8, min: 2, max: 1_000 }),
    maxConnectionAgeMs: reader.integer('DATABASE_CONNECTION_MAX_AGE_MS', {
      fallback: 10 * minuteMs,
      min: secondMs,
      max: dayMs,
    }),
  };
  return url !== null && address !== null
    ? { kind: 'postgres' as const, server: address.shown, url: new Secret(url), ...postgres, ...kept }
    : { kind: 'sqlite' as const, dataDir, ...kept };
}

/** Whether an ambulance is on one dispatch at a time. */
function readExclusiveAmbulances(reader: EnvReader): boolean {
  const isOn = reader.choice('EXCLUSIVE_AMBULANCES', ['on', 'off'], 'off') === 'on';
  if (isOn && reader.text('MS_DESPACHO_URL') !== null)
    reader.refuse(
      'EXCLUSIVE_AMBULANCES',
      'stands beside MS_DESPACHO_URL: MS Despacho chooses the ambulances',
      'off beside MS Despacho',
    );
  return isOn;
}

/** Encrypts, and asks for a certificate of these authorities, so the URL may not say otherwise. */
function readCa(reader: EnvReader, address: PostgresAddress | null): string | null {
  const ca = readAuthorities(reader, 'DATABASE_CA_FILE');
  if (ca === null || address === null) return ca;
  const { encryption, namesCertificates } = address;
  if (encryption !== null && ['disable', 'no-verify'].includes(encryption))
    reader.refuse(
      'DATABASE_CA_FILE',
      `stands beside sslmode=${encryption} in DATABASE_URL, with which no certificate is looked at`,
      'sslmode=verify-full beside it, or none',
    );
  if (namesCertificates)
    reader.refuse('DATABASE_CA_FILE', 'stands beside sslrootcert in DATABASE_URL', 'one of the two');
  return ca;
}

/** Null where there is none, or where it is wrong. */
function readAddress(reader: EnvReader, url: string | null): PostgresAddress | null {
  if (url === null) return null;
  try {
    return parsePostgresUrl(url);
  } catch (error) {
    if (!(error instanceof PostgresUrlError)) throw error;
    reader.refuse('DATABASE_URL', error.message, error.allowed);
    return null;
  }
}
