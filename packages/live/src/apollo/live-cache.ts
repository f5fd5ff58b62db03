/** The cache of Apollo Client, 3 and 4, in which the newer of two answers wins, and lists take new rows and lose those that have left. */
import { InMemoryCache, type InMemoryCacheConfig, type Reference } from '@apollo/client/core';
import { parse } from 'graphql';
import { dispatchesIn, resultsOf, type SeenDispatch } from '../dispatches/seen-dispatches.ts';
import { listPolicy, matches, type ListArguments } from './list-policy.ts';

type WriteOptions = Parameters<InMemoryCache['write']>[0];

interface FieldDetails {
  readonly storeFieldName: string;
  readField(field: string, from?: unknown): unknown;
}
type FieldModifier = (value: unknown, details: FieldDetails) => unknown;

const versionFragment = parse('fragment LiveVersion on Dispatch { version }');

export class LiveCache extends InMemoryCache {
  /** Rows that have come into lists by an event, and when: a list that was asked for before may not have them. */
  readonly #arrived: Map<string, number>;

  constructor(config: InMemoryCacheConfig = {}) {
    const arrived = new Map<string, number>();
    const query = config.typePolicies?.['Query'];
    super({
      ...config,
      typePolicies: {
        ...config.typePolicies,
        Query: { ...query, fields: { despachos: listPolicy(arrived), ...query?.fields } },
      },
    });
    this.#arrived = arrived;
  }

  /** An answer that was on its way for long leaves alone what an event has brought since. */
  override write(options: WriteOptions): ReturnType<InMemoryCache['write']> {
    const kept = dispatchesIn(options.result).flatMap((seen) => this.#newerThan(seen));
    const changed = resultsOf(options.dataId, options.result);
    if (kept.length === 0 && changed.length === 0) return super.write(options);
    let written: ReturnType<InMemoryCache['write']>;
    this.batch({
      update: () => {
        written = super.write(options);
        for (const { id, fields } of kept)
          this.#modify(id, (value, { storeFieldName }) => fields.get(storeFieldName) ?? value);
        for (const seen of changed) this.#place(seen);
      },
    });
    return written;
  }

  /** What is known of a dispatch, where that is newer than what has come. */
  #newerThan({ object, version }: SeenDispatch) {
    const id = this.identify(object);
    if (id === undefined) return [];
    const known = this.readFragment<{ version?: number }>({ id, fragment: versionFragment });
    if (known?.version === undefined || known.version <= version) return [];
    const fields = new Map<string, unknown>();
    this.#modify(id, (value, { storeFieldName }) => {
      fields.set(storeFieldName, value);
      return value;
    });
    return [{ id, fields }];
  }

  /** Into the lists that it belongs to, and out of all others. */
  #place({ object }: SeenDispatch): void {
    const id = this.identify(object);
    if (id === undefined) return;
    const reference = { __ref: id };
    this.modify({
      id: 'ROOT_QUERY',
      fields: {
        despachos: ((existing: readonly Reference[], { storeFieldName, readField }: FieldDetails) => {
          const field = (name: string) => readField(name, reference);
          const isIn = existing.some(({ __ref }) => __ref === id);
          const belongs = matches(argumentsIn(storeFieldName), field);
          if (isIn === belongs) return existing;
          if (isIn) return existing.filter(({ __ref }) => __ref !== id);
          this.#arrived.set(id, performance.now());
          return insert(existing, reference, readField);
        }) as never,
      },
    });
  }

  #modify(id: string, modifier: FieldModifier): void {
    this.modify({ id, fields: modifier as never, broadcast: false });
  }
}

/** `despachos:{"estado":"ASIGNADO"}` */
const argumentsIn = (storeFieldName: string): ListArguments =>
  JSON.parse(storeFieldName.slice(storeFieldName.indexOf('{')) || '{}') as ListArguments;

/** The most recently requested first, as the service has it. */
function insert(
  rows: readonly Reference[],
  row: Reference,
  readField: FieldDetails['readField'],
): readonly Reference[] {
  const dateOf = (reference: Reference) => readField('fechaSolicitud', reference) as string | undefined;
  const date = dateOf(row);
  const later = date === undefined ? 0 : rows.findIndex((other) => (dateOf(other) ?? '') < date);
  const at = later < 0 ? rows.length : later;
  return [...rows.slice(0, at), row, ...rows.slice(at)];
}
