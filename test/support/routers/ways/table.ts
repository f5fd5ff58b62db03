/** The table in the guide for operators of gateways: what clients see of what happens to their streams, by each way. */
import { readTable, withTable, type Marks } from '../guide.ts';
import { wayEvents } from './events.ts';
import { gateways, isStandIn, type Gateway } from './scene.ts';

const marks: Marks = ['<!-- streams through gateways: npm run docs:routers -->', '<!-- end of streams -->'];

/** What the clients of a gateway saw, by what happened. */
export type Seen = ReadonlyMap<string, string>;

const notMeasured = '–';

/** The page with the column of a gateway as it was measured. */
export function withStreams(page: string, measured: Gateway, seen: Seen): Promise<string> {
  const heads = ['what happens', ...gateways.map(headOf)];
  const columns = gateways.map((gateway) => (gateway === measured ? seen : readStreams(page, gateway)));
  const rows = wayEvents.map(({ what }) => [what, ...columns.map((told) => told.get(what) ?? notMeasured)]);
  return withTable(page, marks, heads, rows);
}

const headOf = (gateway: Gateway): string =>
  `${gateway.name}${isStandIn(gateway) ? ' by protocol' : ''}, ${gateway.way}`;

/** What the page says of a gateway. */
export function readStreams(page: string, gateway: Gateway): Seen {
  const column = 1 + gateways.indexOf(gateway);
  return new Map(readTable(page, marks).map((cells) => [cells[0]!, cells[column]!]));
}
