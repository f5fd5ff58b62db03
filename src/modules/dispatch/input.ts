/** Checks what clients send about dispatches. */
import type {
  CreateDispatchInput,
  PlaceInput,
  QueryEventsArgs,
  QueryReceiptsArgs,
} from '../../generated/resolvers.ts';
import {
  parseId,
  parseOptionalName,
  parseOptionalNumber,
  parseOptionalText,
  parsePoint,
  parseText,
  refuseInput,
} from '../../schema/input.ts';
import { readRowId } from '../../db/row-id.ts';
import type { AuditFilter } from './audit-trail.ts';
import type { ReceiptFilter } from './receipts/dispatch-receipts.ts';
import type { ChangeNotification } from './notifications/change-notification.ts';
import type { NewDispatch } from './row.ts';

const maxDireccionLength = 255;
const maxObservacionesLength = 2_000;
const maxAmbulanciaIdLength = 64;
const maxPlacaLength = 16;
const maxEventoLength = 64;
const maxEventTypeLength = 64;
const maxActorIdLength = 128;

/** @throws BAD_USER_INPUT naming the first field that is out of bounds */
export function parseNewDispatch(input: CreateDispatchInput): NewDispatch {
  return {
    origen: parsePlace('input.origen', input.origen),
    destino: input.destino ? parsePlace('input.destino', input.destino) : null,
    prioridad: input.prioridad ?? 'MEDIA',
    incidente: input.incidente ?? 'EMERGENCIA_MEDICA',
    observaciones: parseOptionalText('input.observaciones', input.observaciones, maxObservacionesLength),
  };
}

function parsePlace(field: string, place: PlaceInput): NewDispatch['origen'] {
  return {
    ...parsePoint(field, place),
    direccion: parseOptionalText(`${field}.direccion`, place.direccion, maxDireccionLength),
  };
}

/** @throws BAD_USER_INPUT when the id or the plate is out of bounds */
export function parseAmbulance(
  id: string,
  placa: string | null | undefined,
): { id: string; placa: string | null } {
  return {
    id: parseId('ambulanciaId', id, maxAmbulanciaIdLength),
    placa: parseOptionalName('placa', placa, maxPlacaLength),
  };
}

/** @throws BAD_USER_INPUT when the id cannot be that of a dispatch */
export function parseChangeNotification(
  evento: string,
  despachoId: string,
  service: string,
): ChangeNotification {
  if (readRowId(despachoId) === undefined) refuseInput('despachoId', 'must be the number of a dispatch');
  const type = parseText('evento', evento, maxEventoLength);
  return { despachoId, service, type, timestamp: '' };
}

/** @throws BAD_USER_INPUT when no dispatch can have the id, or the version */
export function parseReceiptFilter({
  despachoId,
  version,
}: Pick<QueryReceiptsArgs, 'despachoId' | 'version'>): ReceiptFilter {
  if (readRowId(despachoId) === undefined) refuseInput('despachoId', 'must be the number of a dispatch');
  return { despachoId, version: parseOptionalNumber('version', version, { min: 1 }) };
}

/** @throws BAD_USER_INPUT naming the first argument that is out of bounds */
export function parseAuditFilter(args: Omit<QueryEventsArgs, 'limit'>): AuditFilter {
  const { type, despachoId, actorId, from, to, before } = args;
  if (before != null && readRowId(before) === undefined) refuseInput('before', 'must be the id of an entry');
  return {
    type: parseOptionalText('type', type, maxEventTypeLength),
    despachoId: despachoId ?? null,
    actorId: parseOptionalText('actorId', actorId, maxActorIdLength),
    fromMs: from?.getTime() ?? null,
    toMs: to?.getTime() ?? null,
    before: before ?? null,
  };
}
