/** Reads how long something may take, by the priority of its dispatch and, for some, by its status. */
import { dayMs } from '../../lib/clock.ts';
import {
  activeEstados,
  estados,
  prioridades,
  type Estado,
  type Prioridad,
} from '../../lib/words/statuses.ts';
import type { EnvReader } from '../env-reader.ts';

/** Milliseconds; null where there is no limit. */
export type Times = Record<Prioridad, number | null>;

const maxMs = dayMs;
const form = /^(?:(?<key>[A-Z_]+(?::[A-Z]+)?)=)?(?<ms>\d{1,9})$/;

interface TimesRule {
  readonly minMs: number;
  /** Which keys there may be; '' stands for a number alone. */
  readonly keys: ReadonlySet<string>;
  readonly example: string;
}

/** The items of the list by their keys. */
function readItems(
  reader: EnvReader,
  name: string,
  { minMs, keys, example }: TimesRule,
): Map<string, number> {
  const named = new Map<string, number>();
  for (const item of reader.list(name) ?? []) {
    const { key = '', ms = '' } = form.exec(item)?.groups ?? {};
    const isAllowed = ms !== '' && keys.has(key) && !named.has(key);
    if (!isAllowed || Number(ms) < minMs || Number(ms) > maxMs)
      reader.refuse(
        name,
        `has ${JSON.stringify(item)}`,
        `none, or milliseconds from ${minMs} to ${maxMs}, each thing once: ${example}`,
      );
    named.set(key, Number(ms));
  }
  return named;
}

/** A value for each of the words. */
const forEach = <W extends string, V>(words: readonly W[], of: (word: W) => V): Record<W, V> =>
  Object.fromEntries(words.map((word) => [word, of(word)])) as Record<W, V>;

const timesOf = (read: (priority: Prioridad) => number | undefined): Times =>
  forEach(prioridades, (priority) => read(priority) ?? null);

/** A number alone is for all priorities that are not named. */
export function readTimes(reader: EnvReader, name: string, minMs: number): Times {
  const rule = { minMs, keys: new Set(['', ...prioridades]), example: '60000, or CRITICA=30000,ALTA=60000' };
  const named = readItems(reader, name, rule);
  return timesOf((priority) => named.get(priority) ?? named.get(''));
}

/** A status alone is for all priorities that are not named with it. Of those that have ended nothing is expected. */
export function readStatusTimes(reader: EnvReader, name: string, minMs: number): Record<Estado, Times> {
  const keys = activeEstados.flatMap((estado) => [estado, ...prioridades.map((one) => `${estado}:${one}`)]);
  const example = 'PENDIENTE=300000,PENDIENTE:CRITICA=30000,EN_SITIO=3600000';
  const named = readItems(reader, name, { minMs, keys: new Set(keys), example });
  return forEach(estados, (estado) =>
    timesOf((priority) => named.get(`${estado}:${priority}`) ?? named.get(estado)),
  );
}
