/** The promises of delivery as a table: what is proved on which way and in which set-ups, and why there is nothing elsewhere. */
import {
  exceptionOf,
  setUpNames,
  wayNames,
  type DeliveryPromise,
  type SetUpName,
  type WayName,
} from './promise.ts';

const letters: Readonly<Record<SetUpName, string>> = { embedded: 'E', Redis: 'R', 'Redis cluster': 'C' };
const processes = 'P';
const nothing = '–';

/** What stands for what in the table. */
export const legend = `${setUpNames.map((setUp) => `${letters[setUp]}: ${setUp}`).join('; ')}; ${processes}: three real processes on Redis and PostgreSQL`;

/** What it is proved in, on a way. */
function cellOf(promise: DeliveryPromise, way: WayName): string {
  if (promise.processProofs?.some((proof) => proof.way === way)) return processes;
  const proved = setUpNames.filter((setUp) => exceptionOf(promise, way, setUp) === undefined);
  return proved.map((setUp) => letters[setUp]).join(' ') || nothing;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** In Markdown. */
export function tableOf(promises: readonly DeliveryPromise[]): string {
  const head = ['', 'the service …', ...wayNames];
  const rows = promises.map((promise) => [
    promise.number,
    promise.says,
    ...wayNames.map((way) => cellOf(promise, way)),
  ]);
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}

/** Why there is nothing, in Markdown: promises with the same reasons together. */
export function exceptionsOf(promises: readonly DeliveryPromise[]): string {
  const byReasons = Map.groupBy(promises, reasonsOf);
  return [...byReasons]
    .filter(([reasons]) => reasons !== '')
    .map(([reasons, of]) => `- **${of.map(({ number }) => number).join(', ')}.** ${reasons}`)
    .join('\n');
}

function reasonsOf({ unless }: DeliveryPromise): string {
  const names = Object.keys(unless) as (keyof typeof unless)[];
  const byReason = Map.groupBy(names, (name) => unless[name]!);
  return [...byReason].map(([reason, of]) => `${of.join(', ')}: ${reason}.`).join(' ');
}
