/** The first tables: dispatches, who follows them, positions, messages, users, and the events of it all. */
import { sql, type CreateTableBuilder } from 'kysely';
import type { DatabaseKind } from '../database.ts';
import type { Migration } from '../migration.ts';

/** The column types that SQLite and PostgreSQL call by different names. */
function columnTypes(kind: DatabaseKind) {
  const sqlite = kind === 'sqlite';
  return {
    rowId: sqlite ? sql`integer` : sql`bigint`,
    number: sqlite ? sql`real` : sql`double precision`,
    // Dates are compared byte by byte, whatever the database's collation.
    date: sqlite ? sql`text` : sql`text collate "C"`,
  };
}

type ColumnTypes = ReturnType<typeof columnTypes>;

export const firstTables: Migration = {
  name: '0001-record',
  async up({ schema }, kind) {
    const types = columnTypes(kind);
    const create = <T extends string>(name: T) => {
      // STRICT makes a value of another type an error on SQLite too.
      const table =
        kind === 'sqlite' ? schema.createTable(name).modifyEnd(sql`strict`) : schema.createTable(name);
      return table;
    };
    const createWithId = <T extends string>(name: T) =>
      // With AUTOINCREMENT and GENERATED ALWAYS no id is given twice, not even after its row was deleted.
      create(name).addColumn('id', types.rowId, (column) =>
        kind === 'sqlite'
          ? column.primaryKey().autoIncrement()
          : column.generatedAlwaysAsIdentity().primaryKey(),
      );

    await dispatches(createWithId('dispatches'), types).execute();
    await schema
      .createIndex('dispatches_by_request')
      .on('dispatches')
      .columns(['fecha_solicitud', 'id'])
      .execute();
    await schema
      .createIndex('dispatches_by_estado')
      .on('dispatches')
      .columns(['estado', 'fecha_solicitud', 'id'])
      .execute();
    await schema
      .createIndex('dispatches_by_prioridad')
      .on('dispatches')
      .columns(['prioridad', 'fecha_solicitud', 'id'])
      .execute();
    await schema.createIndex('dispatches_by_change').on('dispatches').column('fecha_actualizacion').execute();

    await createWithId('follows')
      .addColumn('viewer_id', 'text', (column) => column.notNull())
      .addColumn('despacho_id', types.rowId, (column) => column.notNull().references('dispatches.id'))
      .addColumn('at', types.date, (column) => column.notNull())
      .execute();
    await schema
      .createIndex('follows_once')
      .unique()
      .on('follows')
      .columns(['viewer_id', 'despacho_id'])
      .execute();

    await locations(createWithId('locations'), types).execute();
    await schema
      .createIndex('locations_by_dispatch')
      .on('locations')
      .columns(['despacho_id', 'id'])
      .execute();

    await createWithId('messages')
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('sender_id', 'text', (column) => column.notNull())
      .addColumn('at', types.date, (column) => column.notNull())
      .execute();
    await schema.createIndex('messages_by_channel').on('messages').columns(['channel', 'id']).execute();
    await schema.createIndex('messages_by_time').on('messages').columns(['channel', 'at']).execute();

    await create('users')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text')
      .addColumn('role', 'text')
      .execute();

    await events(createWithId('events'), types).execute();
    await schema
      .createIndex('events_to_relay')
      .on('events')
      .column('id')
      .where(sql.ref('relayed_at'), 'is', null)
      .execute();
    await schema
      .createIndex('events_by_dispatch')
      .on('events')
      .columns(['despacho_id', 'type', 'id'])
      .execute();
    await schema.createIndex('events_by_type').on('events').columns(['type', 'id']).execute();
  },
};

function dispatches(table: CreateTableBuilder<'dispatches', 'id'>, types: ColumnTypes) {
  return table
    .addColumn('estado', 'text', (column) => column.notNull())
    .addColumn('prioridad', 'text', (column) => column.notNull())
    .addColumn('incidente', 'text', (column) => column.notNull())
    .addColumn('origen_latitud', types.number, (column) => column.notNull())
    .addColumn('origen_longitud', types.number, (column) => column.notNull())
    .addColumn('origen_direccion', 'text')
    .addColumn('destino_latitud', types.number)
    .addColumn('destino_longitud', types.number)
    .addColumn('destino_direccion', 'text')
    .addColumn('ambulancia_id', 'text')
    .addColumn('ambulancia_placa', 'text')
    .addColumn('observaciones', 'text')
    .addColumn('distancia_km', types.number)
    .addColumn('tiempo_estimado_min', 'integer')
    .addColumn('tiempo_real_min', 'integer')
    .addColumn('fecha_solicitud', types.date, (column) => column.notNull())
    .addColumn('fecha_asignacion', types.date)
    .addColumn('fecha_llegada', types.date)
    .addColumn('fecha_finalizacion', types.date)
    .addColumn('fecha_actualizacion', types.date, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull());
}

function locations(table: CreateTableBuilder<'locations', 'id'>, types: ColumnTypes) {
  return table
    .addColumn('despacho_id', types.rowId, (column) => column.notNull().references('dispatches.id'))
    .addColumn('latitud', types.number, (column) => column.notNull())
    .addColumn('longitud', types.number, (column) => column.notNull())
    .addColumn('altitud', types.number)
    .addColumn('velocidad', types.number)
    .addColumn('rumbo', types.number)
    .addColumn('precision', types.number)
    .addColumn('recorded_at', types.date, (column) => column.notNull())
    .addColumn('at', types.date, (column) => column.notNull());
}

function events(table: CreateTableBuilder<'events', 'id'>, types: ColumnTypes) {
  return table
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('despacho_id', types.rowId)
    .addColumn('actor_id', 'text')
    .addColumn('at', types.date, (column) => column.notNull())
    .addColumn('topics', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('relayed_at', types.date);
}
