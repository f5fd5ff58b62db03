/** Every repository on one database, as their tests use them, and what they put into it. */
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { AlertRepository } from '../../src/modules/alert/alert-repository.ts';
import { noLimits, type AlertLimits } from '../../src/modules/alert/limits.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { AssignmentReader } from '../../src/modules/dispatch/assignments/assignment-reader.ts';
import { Assignments } from '../../src/modules/dispatch/assignments/assignments.ts';
import { noAnswerTimes, type AnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import { AuditTrail } from '../../src/modules/dispatch/audit-trail.ts';
import { Follows } from '../../src/modules/dispatch/follows.ts';
import { SqlDispatchRepository } from '../../src/modules/dispatch/dispatch-repository-sql.ts';
import type { NewDispatch } from '../../src/modules/dispatch/row.ts';
import type { NewLocation } from '../../src/modules/location/location-repository.ts';
import { SqlLocationRepository } from '../../src/modules/location/location-repository-sql.ts';
import { SqlMessageRepository } from '../../src/modules/message/message-repository-sql.ts';
import { SqlUserRepository } from '../../src/modules/user/user-repository-sql.ts';
import { ManualClock } from './clock.ts';

/** `answerMs`: how long crews may take to answer; by default nothing is escalated. `limits`: what is an alert; nothing by default. */
export function tRepositories(
  database: Database,
  {
    clock = new ManualClock(),
    answerMs = noAnswerTimes,
    limits = noLimits,
    exclusiveAmbulances = false,
    maxFollows = 1_000,
  }: {
    clock?: ManualClock;
    answerMs?: AnswerTimes;
    limits?: AlertLimits;
    exclusiveAmbulances?: boolean;
    maxFollows?: number;
  } = {},
) {
  const alertBook = new AlertBook(limits);
  const assignmentBook = new AssignmentBook(answerMs, alertBook);
  const shared = { database, clock, keys: new MutationKeys(database, clock) };
  const ensureLocalCopy = () => Promise.resolve();
  return {
    clock,
    alertBook,
    alerts: new AlertRepository({ ...shared, book: alertBook }),
    assignmentBook,
    assignments: new Assignments({ ...shared, book: assignmentBook, declineFrees: true, ensureLocalCopy }),
    assignmentReader: new AssignmentReader(database, clock),
    dispatches: new SqlDispatchRepository({ ...shared, assignments: assignmentBook, exclusiveAmbulances }),
    follows: new Follows({ ...shared, ensureLocalCopy, maxPerViewer: maxFollows }),
    audit: new AuditTrail(database),
    locations: new SqlLocationRepository({ ...shared, alerts: alertBook }),
    messages: new SqlMessageRepository(shared),
    users: new SqlUserRepository(database),
  };
}

export const request: NewDispatch = {
  origen: { latitud: -16.5, longitud: -68.15, direccion: 'Plaza Murillo' },
  destino: { latitud: -16.51, longitud: -68.12, direccion: 'Hospital Obrero' },
  prioridad: 'ALTA',
  incidente: 'ACCIDENTE',
  observaciones: 'Dos heridos',
};

/** The options of a change by a dispatcher, who may change everything. */
export const byAna = { actorId: 'ana', expectedVersion: null, onlyAmbulanciaId: null };

export const position: NewLocation = {
  latitud: -16.503,
  longitud: -68.142,
  altitud: 3640,
  velocidad: 42.5,
  rumbo: 90,
  precision: 5,
  recordedAt: null,
};

/** How an error looks to a client. */
export const clientError = (code: string, extensions: Record<string, unknown> = {}) => ({
  extensions: { ...extensions, code },
});
