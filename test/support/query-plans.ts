/** Notes the queries that are made of a database, and says how it carries them out. */
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from 'kysely';
import type { Database } from '../../src/db/database.ts';

/** The database, and the queries that were made of it. */
export function recording(database: Database) {
  const nodes: RootOperationNode[] = [];
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      nodes.push(node);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  const query = database.query.withPlugin(plugin);
  const recorded = Object.create(database, {
    query: { value: query },
    read: { value: (compiled: CompiledQuery) => database.read(compiled) },
  }) as Database;
  return { recorded, nodes };
}

export async function planOf(database: Database, node: RootOperationNode): Promise<string> {
  const executor = database.query.getExecutor();
  const { sql: text, parameters } = executor.compileQuery(node, { queryId: 'plan' });
  const explain = database.kind === 'sqlite' ? 'explain query plan' : 'explain analyze';
  const { rows } = await database.query.executeQuery<Record<string, unknown>>(
    CompiledQuery.raw(`${explain} ${text}`, [...parameters]),
  );
  return rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n');
}
