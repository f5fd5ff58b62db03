/** The JSON of MS Despacho as Laravel renders it: decimals as strings, ids as numbers or strings, dates to the second. */
import type { Ambulance, Despacho, TrackPoint } from './ms-despacho-model.ts';

const date = (ms: number | null) =>
  ms === null ? null : `${new Date(ms).toISOString().slice(0, 19)}.000000Z`;
const decimal = (value: number | null, places: number) => (value === null ? null : value.toFixed(places));

export function ambulanceJson({ id, placa, estado, lat, lng, updatedAt }: Ambulance) {
  return {
    ...{ id, placa, modelo: 'Sprinter', tipo_ambulancia: 'avanzada', estado, caracteristicas: null },
    ubicacion_actual_lat: decimal(lat, 8),
    ubicacion_actual_lng: decimal(lng, 8),
    ultima_actualizacion: date(updatedAt),
    ...{ created_at: date(0), updated_at: date(updatedAt ?? 0), deleted_at: null },
  };
}

export function trackJson(despacho: Despacho, point: TrackPoint) {
  return {
    ...{ id: point.id, despacho_id: despacho.id },
    latitud: decimal(point.latitud, 8),
    longitud: decimal(point.longitud, 8),
    velocidad: decimal(point.velocidad, 2),
    altitud: decimal(point.altitud, 2),
    precision: decimal(point.precision, 2),
    ...{ timestamp_gps: date(point.at), created_at: date(point.at), updated_at: date(point.at) },
  };
}

/** Without what belongs to other tables. */
export function bareJson(despacho: Despacho) {
  const { origen, destino, ambulancia } = despacho;
  return {
    id: despacho.id,
    solicitud_id: null,
    // Not cast: this driver delivers it as a string.
    ambulancia_id: ambulancia && String(ambulancia.id),
    fecha_solicitud: date(despacho.solicitud),
    fecha_asignacion: date(despacho.asignacion),
    fecha_llegada: date(despacho.llegada),
    fecha_finalizacion: date(despacho.finalizacion),
    ubicacion_origen_lat: decimal(origen.lat, 8),
    ubicacion_origen_lng: decimal(origen.lng, 8),
    direccion_origen: origen.direccion,
    ubicacion_destino_lat: decimal(destino?.lat ?? null, 8),
    ubicacion_destino_lng: decimal(destino?.lng ?? null, 8),
    direccion_destino: destino?.direccion ?? null,
    distancia_km: decimal(despacho.distanciaKm, 2),
    tiempo_estimado_min: despacho.tiempoEstimadoMin,
    tiempo_real_min: despacho.tiempoRealMin,
    ...{ estado: despacho.estado, incidente: despacho.incidente, decision: 'pendiente' },
    ...{ prioridad: despacho.prioridad, observaciones: despacho.observaciones, datos_adicionales: null },
    ...{ created_at: date(despacho.solicitud), updated_at: date(despacho.updatedAt), deleted_at: null },
  };
}

/** The model was not read again: columns that nobody set are missing. */
export function createdJson(despacho: Despacho) {
  const { decision, fecha_llegada, fecha_finalizacion, tiempo_real_min, deleted_at, ...json } =
    bareJson(despacho);
  void [decision, fecha_llegada, fecha_finalizacion, tiempo_real_min, deleted_at];
  return json;
}

export function rowJson(despacho: Despacho) {
  const isOver = despacho.finalizacion !== null;
  return {
    ...bareJson(despacho),
    ambulancia: despacho.ambulancia && ambulanceJson(despacho.ambulancia),
    // Detached when it is over.
    personal_asignado: isOver
      ? []
      : [{ id: 1, nombre: 'Eva', apellido: 'Rojas', rol: 'conductor', pivot: { rol_asignado: 'conductor' } }],
  };
}

export function showJson(despacho: Despacho) {
  return {
    ...rowJson(despacho),
    historial_rastreo: despacho.track.map((point) => trackJson(despacho, point)),
  };
}

/** As LengthAwarePaginator renders it. */
export function pageJson(rows: readonly Despacho[], page: number, perPage: number, path: string) {
  const lastPage = Math.max(1, Math.ceil(rows.length / perPage));
  const from = (page - 1) * perPage;
  const data = rows.slice(from, from + perPage).map(rowJson);
  const url = (number: number) => (number < 1 || number > lastPage ? null : `${path}?page=${number}`);
  return {
    current_page: page,
    data,
    ...{ first_page_url: url(1), from: data.length > 0 ? from + 1 : null },
    ...{ last_page: lastPage, last_page_url: url(lastPage), links: [] },
    ...{ next_page_url: url(page + 1), path, per_page: perPage, prev_page_url: url(page - 1) },
    ...{ to: data.length > 0 ? from + data.length : null, total: rows.length },
  };
}
