/** The record of the other GraphQL servers: the same rows as this service's, in the same kind of database. */
import Sqlite from 'better-sqlite3';
import { allDispatches, type BenchDispatch } from '../dispatches.ts';

type Row = Readonly<Record<string, string | number | null>>;

const columns = [
  ...['id', 'estado', 'prioridad', 'incidente', 'origen_latitud', 'origen_longitud', 'origen_direccion'],
  ...['destino_latitud', 'destino_longitud', 'destino_direccion', 'ambulancia_id', 'ambulancia_placa'],
  ...['observaciones', 'distancia_km', 'tiempo_estimado_min', 'tiempo_real_min', 'fecha_solicitud'],
  ...['fecha_asignacion', 'fecha_llegada', 'fecha_finalizacion', 'fecha_actualizacion', 'version'],
];

export class BenchRecord {
  readonly #file = new Sqlite(':memory:');
  readonly #byIds = new Map<number, Sqlite.Statement<unknown[], Row>>();
  readonly #newest: Sqlite.Statement<unknown[], Row>;

  constructor() {
    this.#file.exec(
      `create table dispatches (id integer primary key, ${columns.slice(1).join(', ')});
       create index dispatches_by_date on dispatches (fecha_solicitud, id);`,
    );
    const insert = this.#file.prepare(`insert into dispatches values (${columns.map(() => '?').join(', ')})`);
    for (const dispatch of allDispatches) insert.run(toRow(dispatch));
    this.#newest = this.#file.prepare(
      'select * from dispatches order by fecha_solicitud desc, id desc limit ?',
    );
  }

  /** In the order of the ids; null for those that there are not. */
  find(ids: readonly string[]): (BenchDispatch | null)[] {
    const found = new Map(
      this.#statementFor(ids.length)
        .all(ids.map(Number))
        .map((row) => [String(row['id']), row]),
    );
    return ids.map((id) => toDispatch(found.get(id)));
  }

  newest(limit: number): BenchDispatch[] {
    return this.#newest.all(limit).map((row) => toDispatch(row)!);
  }

  #statementFor(count: number): Sqlite.Statement<unknown[], Row> {
    const known = this.#byIds.get(count);
    if (known) return known;
    const places = Array.from({ length: count }, () => '?').join(', ');
    const made = this.#file.prepare<unknown[], Row>(`select * from dispatches where id in (${places})`);
    this.#byIds.set(count, made);
    return made;
  }
}

function toRow({ origen, destino, ...rest }: BenchDispatch): (string | number | null)[] {
  const row: Readonly<Record<string, unknown>> = {
    origen_latitud: origen.latitud,
    origen_longitud: origen.longitud,
    origen_direccion: origen.direccion,
    destino_latitud: destino.latitud,
    destino_longitud: destino.longitud,
    destino_direccion: destino.direccion,
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [toColumn(name), value])),
  };
  return columns.map((column) => (row[column] ?? null) as string | number | null);
}

const toColumn = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function toDispatch(row: Row | undefined): BenchDispatch | null {
  if (!row) return null;
  const place = (name: string) => ({
    latitud: row[`${name}_latitud`],
    longitud: row[`${name}_longitud`],
    direccion: row[`${name}_direccion`],
  });
  return {
    id: String(row['id']),
    estado: row['estado'],
    prioridad: row['prioridad'],
    incidente: row['incidente'],
    origen: place('origen'),
    destino: place('destino'),
    ambulancia: null,
    observaciones: row['observaciones'],
    distanciaKm: row['distancia_km'],
    tiempoEstimadoMin: row['tiempo_estimado_min'],
    tiempoRealMin: row['tiempo_real_min'],
    fechaSolicitud: row['fecha_solicitud'],
    fechaAsignacion: row['fecha_asignacion'],
    fechaLlegada: row['fecha_llegada'],
    fechaFinalizacion: row['fecha_finalizacion'],
    fechaActualizacion: row['fecha_actualizacion'],
    version: row['version'],
  } as BenchDispatch;
}
