/** Finds out what a change of the schema does to the cost of the operations that the repository knows. */
import { Kind, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { parseConfig } from '../../../config/config.ts';
import { CostModel } from '../../../operations/cost/cost.ts';
import { findExcess, maxCostOf } from '../../../operations/gates.ts';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import type { Operation } from './find-operations.ts';
import { isWhole } from './validate-operations.ts';

/** An operation that costs something else than before. */
export interface ChangedCost {
  readonly label: string;
  readonly at: SourceLine;
  readonly before: number;
  readonly after: number;
  /** What it may cost, unless configured otherwise. */
  readonly limit: number;
  /** Why it is refused now and was not before; null when it is not. */
  readonly excess: string | null;
}

export interface ComparedCosts {
  /** Operations whose cost is known before and after. */
  readonly count: number;
  readonly changed: readonly ChangedCost[];
}

/**
 * Compares what operations cost in two schemas, with the limits that the service has by default. A list whose length a
 * variable says counts as long as one without: who sends the operation is not known here.
 */
export function compareCosts(
  operations: readonly Operation[],
  before: GraphQLSchema,
  after: GraphQLSchema,
): ComparedCosts {
  const { limits } = parseConfig({});
  const models = [before, after].map((schema) => new CostModel(schema, limits));
  const known = operations.filter((operation) => isWhole(before, operation) && isWhole(after, operation));
  const definitions = known.flatMap((operation) =>
    operation.document.definitions
      .filter((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION)
      .map((definition) => ({ operation, definition })),
  );
  const changed = definitions.flatMap(({ operation, definition }): ChangedCost[] => {
    const type = definition.operation;
    const [was, is] = models.map((model) => model.of({ document: operation.document, definition }, {}));
    const wasRefused = findExcess(type, was!, limits) !== null;
    const excess = wasRefused ? null : findExcess(type, is!, limits);
    if (was!.cost === is!.cost && !excess) return [];
    const line = operation.at.line + (definition.loc?.startToken.line ?? 1) - 1;
    return [
      {
        label: definition.name ? `${type} ${definition.name.value}` : operation.label,
        at: { file: operation.at.file, line },
        before: was!.cost,
        after: is!.cost,
        limit: maxCostOf(type, limits),
        excess: excess?.message ?? null,
      },
    ];
  });
  return { count: definitions.length, changed };
}
