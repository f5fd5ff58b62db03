/** How the field `despachos` is kept: one list for each filter, whose pages are one. */
import type { Reference } from '@apollo/client/core';

export interface ListArguments {
  readonly estado?: string | null;
  readonly prioridad?: string | null;
}

/** Longer than a list may be on its way, milliseconds. */
const arrivedMs = 60_000;

type ReadField = (name: string) => unknown;

/** Whether the service would show it in such a list. */
export const matches = ({ estado, prioridad }: ListArguments, field: ReadField): boolean =>
  (estado == null || field('estado') === estado) &&
  (prioridad == null || field('prioridad') === undefined || field('prioridad') === prioridad);

interface MergeOptions {
  readonly args: Readonly<Record<string, unknown>> | null;
  readField(name: string, from: unknown): unknown;
}

/** `arrived`: when each row came by an event. */
export function listPolicy(arrived: Map<string, number>) {
  return {
    keyArgs: ['estado', 'prioridad'],
    merge(
      existing: readonly Reference[] = [],
      incoming: readonly Reference[],
      { args, readField }: MergeOptions,
    ): readonly Reference[] {
      const offset = Number(args?.['offset'] ?? 0);
      const coming = new Set(incoming.map(({ __ref }) => __ref));
      const now = performance.now();
      for (const [id, at] of arrived) if (now - at > arrivedMs) arrived.delete(id);
      const others = existing.filter(({ __ref }) => !coming.has(__ref));
      // A row may have left, by an event, while a list that still has it was on its way.
      const rows = incoming.filter((row) => matches(args ?? {}, (name) => readField(name, row)));
      if (offset > 0) return [...others, ...rows];
      return [...others.filter(({ __ref }) => arrived.has(__ref)), ...rows];
    },
  };
}
