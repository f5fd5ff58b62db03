/** Validates the operations of the repository: which of them the schema still accepts. */
import {
  KnownFragmentNamesRule,
  NoUnusedFragmentsRule,
  specifiedRules,
  validate,
  GraphQLError,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import type { Operation } from './find-operations.ts';

export interface InvalidOperation {
  readonly label: string;
  readonly at: SourceLine;
  readonly message: string;
}

export interface OperationsVerdict {
  readonly validCount: number;
  readonly invalid: readonly InvalidOperation[];
  /** Operations in code that no schema here accepts: they test errors, or belong to other schemas. */
  readonly foreignCount: number;
}

export interface OperationsContext {
  /** This service's schema and that of the supergraph; an operation must be valid in one of them. */
  readonly schemas: readonly GraphQLSchema[];
  /** The same schemas in the base; empty without a base. */
  readonly before: readonly GraphQLSchema[];
}

export function validateOperations(
  operations: readonly Operation[],
  { schemas, before }: OperationsContext,
): OperationsVerdict {
  const invalid: InvalidOperation[] = [];
  let validCount = 0;
  let foreignCount = 0;
  for (const operation of operations) {
    const problems = problemsOf(schemas, operation);
    if (problems.length === 0) {
      validCount += 1;
      continue;
    }
    const wasValid = before.length > 0 && problemsOf(before, operation).length === 0;
    if (operation.origin === 'code' && !wasValid) {
      foreignCount += 1;
      continue;
    }
    const line = operation.at.line + (problems[0]?.locations?.[0]?.line ?? 1) - 1;
    invalid.push({
      label: operation.label,
      at: { file: operation.at.file, line },
      message: problems.map(({ message }) => message).join(' '),
    });
  }
  return { validCount, invalid, foreignCount };
}

/** In code, fragments and operations are put together only when it runs, so unknown fragments are no error there. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
const rulesOfParts = rules.filter((rule) => rule !== KnownFragmentNamesRule);

/** Whether a schema alone accepts an operation whole, fragments included, so that it can be said what it costs. */
export function isWhole(schema: GraphQLSchema, { document }: Operation): boolean {
  return errorsOf(schema, document, rules).length === 0;
}

/** The errors of the schema in which it has the fewest. */
function problemsOf(
  schemas: readonly GraphQLSchema[],
  { document, origin }: Operation,
): readonly GraphQLError[] {
  const found = schemas.map((schema) => errorsOf(schema, document, origin === 'code' ? rulesOfParts : rules));
  return found.sort((a, b) => a.length - b.length)[0] ?? [];
}

/** For a variable in `@include` or `@skip` on the root field of a subscription, graphql-js throws an error instead of returning it. */
function errorsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, rules);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}
