/** Adds what is needed to find rows by their date, to list and to delete them, however many there are. */
import type { Migration } from '../migration.ts';

export const byDate: Migration = {
  name: '0006-by-date',
  async up({ schema }) {
    await schema.createIndex('events_by_time').on('events').columns(['at', 'id']).execute();
    await schema.createIndex('events_by_actor').on('events').columns(['actor_id', 'at', 'id']).execute();
    await schema.createIndex('events_by_type_and_time').on('events').columns(['type', 'at', 'id']).execute();
    await schema.dropIndex('events_by_type').execute();
    await schema.createIndex('locations_by_time').on('locations').column('at').execute();
    await schema.createIndex('messages_by_date').on('messages').column('at').execute();
  },
};
