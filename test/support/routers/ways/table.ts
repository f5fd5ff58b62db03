/** The table in the guide for operators of gateways: what clients see of what happens to their streams, by each way. */
import { readTable, withTable, type Marks } from '../guide.ts';
import { wayEvents } from './events.ts';
import { gateways, isStandIn, type Gateway } from './scene.ts';

const marks: Marks = ['<!-- streams through gateways: npm run docs:routers -->', '<!-- end of streams -->'];

/** What was seen, by what happened. */
export type Seen = ReadonlyMap<Gateway, ReadonlyMap<string, string>>;

const notMeasured = '–';

/** The page with the table as it was measured. */
export function withStreams(page: string, seen: Seen): Promise<string> {
  const heads = ['what happens', ...gateways.map(headOf)];
  const rows = wayEvents.map(({ what }) => [
    what,
    ...gateways.map((gateway) => seen.get(gateway)?.get(what) ?? notMeasured),
  ]);
  return withTable(page, marks, heads, rows);
}

const headOf = (gateway: Gateway): string =>
  `${gateway.name}${isStandIn(gateway) ? ' by protocol' : ''}, ${gateway.way}`;

/** What the page says of these gateways. */
export function readStreams(page: string, some: readonly Gateway[]): Seen {
  const rows = readTable(page, marks);
  return new Map(
    some.map((gateway) => {
      const column = 1 + gateways.indexOf(gateway);
      const told = rows.map((cells) => [cells[0]!, cells[column]!] as const);
      return [gateway, new Map(told.filter(([, words]) => words !== notMeasured))];
    }),
  );
}
