/** The vehicles of the example, which are those of `npm run replay -- --demo`, and which dispatch each one serves. */
import { createDispatchList, createLiveClient } from '../../packages/live/src/index.ts';
import { DispatchCardFragmentDoc } from '../../packages/live/src/generated/operations.ts';
import type { Vehicle } from './resolvers.ts';

const count = 36;
const letters = ['KLP', 'BTR', 'EUL', 'XZA'];

export function createVehicles(): Map<string, Vehicle> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const vehicles = numbers.map((number) => ({
    id: `A${String(number).padStart(2, '0')}`,
    placa: `${2_000 + 37 * number}-${letters[number % letters.length]}`,
    currentDispatchId: null,
  }));
  return new Map(vehicles.map((vehicle) => [vehicle.id, vehicle]));
}

export interface FollowOptions {
  /** Where this service, or a router, has its `/graphql`. */
  readonly url: string;
  readonly token: string;
  /** Called with what is wrong; the vehicles stay as they were last seen. */
  readonly onError: (problem: string) => void;
}

/** Keeps the vehicles as the dispatches say it, over every break. Returns what ends that. */
export function followDispatches(
  vehicles: Map<string, Vehicle>,
  { url, token, onError }: FollowOptions,
): () => void {
  const live = createLiveClient({ url, token });
  const list = createDispatchList(live, { fragment: DispatchCardFragmentDoc });
  const unsubscribe = list.subscribe(() => {
    const { rows, error } = list.getSnapshot();
    if (error) onError(error.message);
    const served = new Map(rows.map(({ id, ambulancia }) => [ambulancia?.id, id]));
    for (const vehicle of vehicles.values())
      vehicles.set(vehicle.id, { ...vehicle, currentDispatchId: served.get(vehicle.id) ?? null });
  });
  return () => {
    unsubscribe();
    live.dispose();
  };
}
