/** The table in the guide for operators of gateways: what clients see of what happens to their streams, by each way. */
import { format, resolveConfig } from 'prettier';
import { guide } from '../codes/table.ts';
import { wayEvents } from './events.ts';
import { gateways, type Gateway } from './scene.ts';

const [begin, end] = ['<!-- streams through gateways: npm run docs:routers -->', '<!-- end of streams -->'];

/** What was seen, by what happened. */
export type Seen = ReadonlyMap<Gateway, ReadonlyMap<string, string>>;

/** What stands between the marks, and around them. */
function partsOf(page: string): readonly [before: string, table: string, after: string] {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no place between ${begin} and ${end}.`);
  return [page.slice(0, from), page.slice(from + begin.length, to), page.slice(to)];
}

/** The page with the table as it was measured. */
export async function withStreams(page: string, seen: Seen): Promise<string> {
  const [before, , after] = partsOf(page);
  const heads = ['what happens', ...gateways.map(({ name, way }) => `${name}, ${way}`)];
  const rows = wayEvents.map(({ what }) => [
    what,
    ...gateways.map((gateway) => seen.get(gateway)?.get(what) ?? '–'),
  ]);
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const changed = `${before}${begin}\n\n${lines.join('\n')}\n\n${after}`;
  return format(changed, { ...(await resolveConfig(guide)), parser: 'markdown' });
}

/** What the page says of these gateways. */
export function readStreams(page: string, some: readonly Gateway[]): Seen {
  const rows = partsOf(page)[1]
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .slice(2);
  return new Map(
    some.map((gateway) => {
      const column = 2 + gateways.indexOf(gateway);
      return [gateway, new Map(rows.map((cells) => [cells[1]!, cells[column]!]))];
    }),
  );
}
