/** Finds the dispatches in a result, wherever they stand. */

export interface SeenDispatch {
  readonly object: { readonly __typename: string; readonly id: string };
  readonly version: number;
}

type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null;

/** Nothing else has both; urql asks for no names of types in subscriptions. */
const isDispatch = (value: Values): boolean =>
  (value['__typename'] ?? 'Dispatch') === 'Dispatch' && typeof value['version'] === 'number' && 'id' in value;

const seen = (value: Values): SeenDispatch => ({
  object: value as unknown as SeenDispatch['object'],
  version: value['version'] as number,
});

/** All that say their version: of the others nobody knows which is newer. */
export function dispatchesIn(value: unknown): SeenDispatch[] {
  if (Array.isArray(value)) return value.flatMap(dispatchesIn);
  if (!isObject(value)) return [];
  const inside = Object.values(value).flatMap(dispatchesIn);
  return isDispatch(value) ? [seen(value), ...inside] : inside;
}

/** Those that were just changed: what a mutation answers with, and what an event is about. */
export function resultsOf(dataId: string | undefined, result: unknown): SeenDispatch[] {
  if (dataId !== 'ROOT_MUTATION' && dataId !== 'ROOT_SUBSCRIPTION') return [];
  const values = isObject(result) ? Object.values(result).filter(isObject) : [];
  return values
    .map((value) => (value['__typename'] === 'DispatchUpdate' ? value['dispatch'] : value))
    .filter((value): value is Values => isObject(value) && isDispatch(value))
    .map(seen);
}
