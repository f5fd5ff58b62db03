/** The data of the stand-in of MS Despacho: dispatches, ambulances and tracks, and how they change there. */

export interface Ambulance {
  readonly id: number;
  readonly placa: string;
  estado: 'disponible' | 'en_servicio';
  lat: number | null;
  lng: number | null;
  updatedAt: number | null;
}

export interface TrackPoint {
  readonly id: number;
  readonly latitud: number;
  readonly longitud: number;
  readonly velocidad: number | null;
  readonly altitud: number | null;
  readonly precision: number | null;
  readonly at: number;
}

export interface Despacho {
  readonly id: number;
  estado: string;
  readonly prioridad: string;
  readonly incidente: string;
  readonly origen: { readonly lat: number; readonly lng: number; readonly direccion: string | null };
  readonly destino: { readonly lat: number; readonly lng: number; readonly direccion: string | null } | null;
  observaciones: string | null;
  ambulancia: Ambulance | null;
  readonly distanciaKm: number | null;
  readonly tiempoEstimadoMin: number | null;
  tiempoRealMin: number | null;
  readonly solicitud: number;
  asignacion: number | null;
  llegada: number | null;
  finalizacion: number | null;
  updatedAt: number;
  readonly track: TrackPoint[];
}

export const estados = [
  ...['pendiente', 'asignado', 'en_camino', 'en_sitio', 'trasladando', 'completado', 'cancelado'],
];
const ended = ['completado', 'cancelado'];
export const activos = ['asignado', 'en_camino', 'en_sitio', 'trasladando'];

export type NewDespacho = Pick<Despacho, 'prioridad' | 'incidente' | 'origen' | 'destino' | 'observaciones'>;

const earthKm = 6371;
const maxKm = 50;
const kmPerHour = 40;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

function haversineKm(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2;
  const h = half(a.lat, b.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(a.lng, b.lng);
  return 2 * earthKm * Math.asin(Math.sqrt(h));
}

export class DespachoModel {
  readonly despachos = new Map<number, Despacho>();
  readonly ambulances: Ambulance[] = [];
  readonly #now: () => number;
  readonly #isFleetEndless: boolean;
  #trackId = 0;

  /** `isFleetEndless`: wherever help is needed, there is an ambulance around. */
  constructor(now: () => number, isFleetEndless: boolean) {
    this.#now = now;
    this.#isFleetEndless = isFleetEndless;
  }

  addAmbulance(lat: number | null, lng: number | null): Ambulance {
    const id = this.ambulances.length + 1;
    const updatedAt = lat === null ? null : this.#now();
    const placa = `${1000 + id}-AMB`;
    const ambulance: Ambulance = { id, placa, estado: 'disponible', lat, lng, updatedAt };
    this.ambulances.push(ambulance);
    return ambulance;
  }

  /** Assigns the nearest free ambulance within 50 km; null when there is none. */
  create(input: NewDespacho): Despacho | null {
    const ambulance =
      this.#nearest(input.origen) ?? (this.#isFleetEndless ? this.addAmbulance(null, null) : null);
    if (!ambulance) return null;
    ambulance.estado = 'en_servicio';
    const { lat, lng } = ambulance;
    const km = lat === null || lng === null ? null : haversineKm({ lat, lng }, input.origen);
    const id = this.despachos.size + 1;
    const now = this.#now();
    const despacho: Despacho = {
      ...input,
      ...{ id, estado: 'asignado', ambulancia: ambulance },
      distanciaKm: km === null ? null : Math.round(km * 100) / 100,
      tiempoEstimadoMin: km === null ? null : Math.ceil((km / kmPerHour) * 60),
      tiempoRealMin: null,
      ...{ solicitud: now, asignacion: now, llegada: null, finalizacion: null, updatedAt: now },
      track: [],
    };
    this.despachos.set(id, despacho);
    return despacho;
  }

  /** As somebody does it there by hand. */
  assign(despacho: Despacho, id: number): void {
    if (despacho.ambulancia?.id === id) return;
    const updatedAt = this.#now();
    despacho.ambulancia = {
      id,
      placa: `${1000 + id}-AMB`,
      estado: 'en_servicio',
      lat: null,
      lng: null,
      updatedAt,
    };
    this.setEstado(despacho, 'asignado');
    despacho.asignacion ??= updatedAt;
  }

  /** The first half of a change of status: any may follow any. */
  setEstado(despacho: Despacho, estado: string): void {
    despacho.estado = estado;
    despacho.updatedAt = this.#now();
  }

  /** The second half: the dates that come with a status. */
  setDates(despacho: Despacho): void {
    const now = this.#now();
    if (despacho.estado === 'en_camino') despacho.asignacion ??= now;
    if (despacho.estado === 'en_sitio') despacho.llegada ??= now;
    if (!ended.includes(despacho.estado)) return;
    despacho.finalizacion = now;
    const { asignacion, llegada, ambulancia } = despacho;
    despacho.tiempoRealMin =
      asignacion === null || llegada === null ? null : Math.round((llegada - asignacion) / 60_000);
    if (ambulancia) ambulancia.estado = 'disponible';
  }

  /** Posts a position of the dispatch, and so of its ambulance. */
  report(despacho: Despacho, point: Omit<TrackPoint, 'id' | 'at'>): TrackPoint {
    this.#trackId += 1;
    const taken = { ...point, id: this.#trackId, at: this.#now() };
    // In no order.
    despacho.track.splice(Math.floor(despacho.track.length / 2), 0, taken);
    if (despacho.ambulancia) this.move(despacho.ambulancia, point.latitud, point.longitud);
    return taken;
  }

  move(ambulance: Ambulance, lat: number, lng: number): void {
    Object.assign(ambulance, { lat, lng, updatedAt: this.#now() });
  }

  #nearest(origen: { lat: number; lng: number }): Ambulance | null {
    const near = this.ambulances.flatMap((ambulance) => {
      const { lat, lng, estado } = ambulance;
      if (estado !== 'disponible' || lat === null || lng === null) return [];
      return [{ ambulance, km: haversineKm({ lat, lng }, origen) }];
    });
    const [first] = near.filter(({ km }) => km <= maxKm).sort((a, b) => a.km - b.km);
    return first?.ambulance ?? null;
  }
}
