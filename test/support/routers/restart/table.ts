/** The table in the guide for operators of gateways: what clients see while everything is restarted in turn. */
import { readTable, withTable, type Marks } from '../guide.ts';
import type { Kind } from './scene.ts';

const marks: Marks = ['<!-- a rolling restart: npm run docs:routers -->', '<!-- end of the restart -->'];
const heads = ['both of', 'clients of Hive Router see', 'clients of Hive Gateway see'];

/** What clients of Hive Router and of Hive Gateway saw, by what was restarted, in its order. */
export type Restarts = ReadonlyMap<Kind, readonly string[]>;

type Cells = readonly (readonly string[])[];

export const cellsOf = (seen: Restarts): Cells => [...seen].map(([kind, told]) => [kind, ...told]);

/** The page with the table as it was measured. */
export const withRestarts = (page: string, seen: Restarts): Promise<string> =>
  withTable(page, marks, heads, cellsOf(seen));

/** What the page says. */
export const cellsIn = (page: string): Cells => readTable(page, marks);
