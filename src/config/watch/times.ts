/** Reads how long something may take, by the priority of its dispatch and, for some, by its status. */
import type { EnvReader } from '../env-reader.ts';

const priorities = ['BAJA', 'MEDIA', 'ALTA', 'CRITICA'] as const;
/** Of those that have ended nothing is expected. */
const statuses = ['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const;

/** Milliseconds; null where there is no limit. */
export type Times = Record<(typeof priorities)[number], number | null>;

const maxMs = 24 * 60 * 60_000;
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

const timesOf = (read: (priority: string) => number | undefined): Times => {
  const of = (priority: string) => read(priority) ?? null;
  return { BAJA: of('BAJA'), MEDIA: of('MEDIA'), ALTA: of('ALTA'), CRITICA: of('CRITICA') };
};

/** A number alone is for all priorities that are not named. */
export function readTimes(reader: EnvReader, name: string, minMs: number): Times {
  const rule = { minMs, keys: new Set(['', ...priorities]), example: '60000, or CRITICA=30000,ALTA=60000' };
  const named = readItems(reader, name, rule);
  return timesOf((priority) => named.get(priority) ?? named.get(''));
}

/** A status alone is for all priorities that are not named with it. */
export function readStatusTimes(reader: EnvReader, name: string, minMs: number) {
  const keys = statuses.flatMap((estado) => [estado, ...priorities.map((one) => `${estado}:${one}`)]);
  const example = 'PENDIENTE=300000,PENDIENTE:CRITICA=30000,EN_SITIO=3600000';
  const named = readItems(reader, name, { minMs, keys: new Set(keys), example });
  const of = (estado: string) =>
    timesOf((priority) => named.get(`${estado}:${priority}`) ?? named.get(estado));
  return {
    ...{ PENDIENTE: of('PENDIENTE'), ASIGNADO: of('ASIGNADO'), EN_CAMINO: of('EN_CAMINO') },
    ...{ EN_SITIO: of('EN_SITIO'), TRASLADANDO: of('TRASLADANDO') },
    ...{ COMPLETADO: of('COMPLETADO'), CANCELADO: of('CANCELADO') },
  };
}
