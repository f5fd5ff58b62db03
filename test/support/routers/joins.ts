/** What tests of joins between this service and the fleet have in common. */
import type { Update } from '../operations.ts';
import { createDispatch } from '../operations.ts';
import type { RealRouter } from './behind-router.ts';

export interface JoinedUpdate extends Update {
  readonly dispatch: Update['dispatch'] & { readonly vehicle: { readonly placa: string } | null };
}

const fields = 'cursor changeType dispatch { id version estado vehicle { placa } }';
export const joinedUpdated = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { ${fields} } }`;
export const joinedUpdates = `subscription ($after: Cursor) { dispatchesUpdated(after: $after) { ${fields} } }`;

/** A dispatch, and a fleet of two vehicles of which the first serves it. */
export async function tFleetAndDispatch({ service, vehicles }: RealRouter): Promise<string> {
  const id = await createDispatch(service.client);
  vehicles.set('A1', { id: 'A1', placa: '2045-KLP', currentDispatchId: id });
  vehicles.set('A2', { id: 'A2', placa: '3310-BTR', currentDispatchId: null });
  return id;
}

/** The plates of the two. */
export const plates = ['2045-KLP', '3310-BTR'] as const;

/** Assigns both in turn so often, beginning with the first, in requests of 25. */
export async function assignOften({ service }: RealRouter, id: string, times: number): Promise<void> {
  for (let first = 0; first < times; first += 25) {
    const count = Math.min(25, times - first);
    const assignments = Array.from({ length: count }, (_, at) => {
      const ambulance = (first + at) % 2 === 0 ? 'A1' : 'A2';
      return `a${at}: assignDispatch(id: ${id}, ambulanciaId: "${ambulance}") { version }`;
    });
    const { errors } = await service.client.ask(`mutation { ${assignments.join(' ')} }`);
    if (errors) throw new Error(JSON.stringify(errors));
  }
}
