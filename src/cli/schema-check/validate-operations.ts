/** Owns the verdict on the operations of the repository: which of them the schema still takes. */
import {
  KnownFragmentNamesRule,
  NoUnusedFragmentsRule,
  specifiedRules,
  validate,
  type GraphQLSchema,
} from 'graphql';
import type { SourceLine } from '../supergraph/sdl-files.ts';
import type { SchemaChange } from './change.ts';
import type { Operation } from './operations.ts';
import { usersOf, type Uses } from './uses.ts';

export interface InvalidOperation {
  readonly label: string;
  readonly at: SourceLine;
  readonly message: string;
  /** Whether nothing but acknowledged changes stands behind it. */
  readonly isAcknowledged: boolean;
}

export interface OperationsVerdict {
  readonly validCount: number;
  readonly invalid: readonly InvalidOperation[];
  /** Operations in code that no schema here takes: tests of errors, or of schemas of their own. */
  readonly foreignCount: number;
}

export interface OperationsContext {
  /** Any of which may take an operation: this service alone, and the supergraph. */
  readonly schemas: readonly GraphQLSchema[];
  /** The service as it was; null without a base. */
  readonly before: GraphQLSchema | null;
  readonly uses: Uses;
  readonly unacknowledged: readonly SchemaChange[];
  readonly acknowledged: readonly SchemaChange[];
}

export function validateOperations(
  operations: readonly Operation[],
  { schemas, before, uses, unacknowledged, acknowledged }: OperationsContext,
): OperationsVerdict {
  const touchedBy = (changes: readonly SchemaChange[]) =>
    new Set(changes.flatMap((change) => usersOf(change, uses).map(({ operation }) => operation)));
  const broken = touchedBy(unacknowledged);
  const excused = touchedBy(acknowledged);
  const invalid: InvalidOperation[] = [];
  let validCount = 0;
  let foreignCount = 0;
  for (const operation of operations) {
    const problems = schemas.map((schema) => problemsOf(schema, operation));
    const [ownProblems = []] = problems;
    if (problems.some((list) => list.length === 0)) {
      validCount += 1;
      continue;
    }
    const isOurs =
      operation.origin === 'documentation' ||
      (before !== null && problemsOf(before, operation).length === 0) ||
      broken.has(operation) ||
      excused.has(operation);
    if (!isOurs) {
      foreignCount += 1;
      continue;
    }
    const [problem] = ownProblems;
    const line = operation.at.line + (problem?.locations?.[0]?.line ?? 1) - 1;
    invalid.push({
      label: operation.label,
      at: { file: operation.at.file, line },
      message: ownProblems.map(({ message }) => message).join(' '),
      isAcknowledged: excused.has(operation) && !broken.has(operation),
    });
  }
  return { validCount, invalid, foreignCount };
}

/** Code puts fragments and operations together only when it runs. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
const rulesOfParts = rules.filter((rule) => rule !== KnownFragmentNamesRule);

function problemsOf(schema: GraphQLSchema, { document, origin }: Operation) {
  return validate(schema, document, origin === 'code' ? rulesOfParts : rules);
}
