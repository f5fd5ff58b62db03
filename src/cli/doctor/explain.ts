/** Finds out what operations cost, and whether they may run, for `npm run doctor -- --explain`. */
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { Kind, parse } from 'graphql';
import type { Config } from '../../config/config.ts';
import { CostModel } from '../../operations/cost/cost.ts';
import { findExcess, maxCostOf } from '../../operations/gates.ts';
import { createLimits } from '../../operations/limits.ts';
import { OperationCache } from '../../operations/operation-cache.ts';
import { readTypeDefs } from '../../schema/schema.ts';
import { explainFileError } from '../command.ts';
import { mebibyte } from '../../lib/memory/bytes.ts';
import type { Finding } from './finding.ts';

const maxCacheBytes = mebibyte;

/** The file cannot be read, or the variables are not a JSON object. The message is meant for the user. */
export class ExplainError extends Error {}

/** One finding for each operation of a file; `-` is the standard input. */
export function explain(config: Config, file: string, variablesJson: string): readonly Finding[] {
  const text = readText(file);
  const variables = readVariables(variablesJson);
  const { limits } = config;
  const schema = buildSubgraphSchema([{ typeDefs: readTypeDefs() }]);
  const { parseOptions, validationRules: rules } = createLimits(limits);
  const cache = new OperationCache({
    ...{ schema, rules, parseOptions, suggestions: true },
    ...{ maxNodes: limits.maxNodes, maxBytes: maxCacheBytes },
  });
  const costs = new CostModel(schema, limits);
  return namesIn(text).map((name): Finding => {
    const { operation, errors } = cache.find(text, name, true);
    const part = name ?? 'operation';
    if (errors) return { level: 'problem', part, says: errors.map(({ message }) => message).join(' ') };
    const { cost, values, references } = costs.of(operation, variables);
    const type = operation.definition.operation;
    const what = type === 'subscription' ? 'one event costs' : 'costs';
    const says =
      `${what} ${cost} of ${maxCostOf(type, limits)}; up to ${values} values` +
      `${references > 0 ? `; ${references} references of ${limits.maxReferences}` : ''}; ${operation.nodes} fields of ${limits.maxNodes}`;
    if (!findExcess(type, { cost, values, references }, limits)) return { level: 'ok', part, says };
    return { level: 'problem', part, says, advice: 'Ask for shorter lists (limit), or for less at a time.' };
  });
}

/** The names of a document's operations; null stands for one without a name, and for a text that does not parse. */
function namesIn(text: string): readonly (string | null)[] {
  try {
    const names = parse(text).definitions.flatMap((node) =>
      node.kind === Kind.OPERATION_DEFINITION ? [node.name?.value ?? null] : [],
    );
    return names.length > 0 ? names : [null];
  } catch {
    // The cache reports the syntax error when the operation is looked for.
    return [null];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new ExplainError(explainFileError(error, file) ?? String(error));
  }
}

function readVariables(json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ExplainError('--variables must be JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ExplainError('--variables must be a JSON object.');
  return value as Readonly<Record<string, unknown>>;
}
