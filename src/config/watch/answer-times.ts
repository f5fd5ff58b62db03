/** Reads how long a crew may take to answer an assignment, by the priority of its dispatch. */
import type { EnvReader } from '../env-reader.ts';

const priorities = ['BAJA', 'MEDIA', 'ALTA', 'CRITICA'] as const;

const [minMs, maxMs] = [50, 24 * 60 * 60_000];
const allowed = `none, a number of milliseconds from ${minMs} to ${maxMs}, or one by priority: CRITICA=30000,ALTA=60000`;

/** Milliseconds; null where nothing is escalated. A number alone is for all priorities that are not named. */
export function readAnswerTimes(reader: EnvReader): Record<(typeof priorities)[number], number | null> {
  const name = 'ASSIGNMENT_ANSWER_MS';
  const named = new Map<string, number>();
  for (const item of reader.list(name) ?? []) {
    const [, priority = 'every', digits = ''] = /^(?:([A-Z]+)=)?(\d{1,9})$/.exec(item) ?? [];
    const isKnown = priority === 'every' || priorities.some((one) => one === priority);
    const ms = Number(digits);
    if (!isKnown || digits === '' || ms < minMs || ms > maxMs || named.has(priority))
      reader.refuse(name, `has ${JSON.stringify(item)}`, allowed);
    named.set(priority, ms);
  }
  const of = (priority: string) => named.get(priority) ?? named.get('every') ?? null;
  return { BAJA: of('BAJA'), MEDIA: of('MEDIA'), ALTA: of('ALTA'), CRITICA: of('CRITICA') };
}
