/** An operation that may be run: its document, its root field, and the variables on which its results depend. */
import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

/** An operation text that passed parsing and validation. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The same string object for all who sent this text, so that their own copies can be freed. */
  readonly query: string;
  /** SHA-256 of the text, hexadecimal: by this Apollo knows it. */
  readonly hash: string;
  /** Fields and fragments of the document, counted once for each place where a fragment is used. */
  readonly nodes: number;
  /** About how much memory text and document take. */
  readonly bytes: number;
  /** Identifies the document together with the operation name. */
  readonly number: number;
  readonly variableNames: readonly string[];
  /** The variable that is used for the argument `after` and nothing else, if there is one. */
  readonly afterVariable: string | undefined;
  /** The variables that are used for arguments with `@filter` and nothing else. */
  readonly filterVariables: readonly string[];
  /** Of a subscription: the bits of a viewer's scope that change what it shows. */
  readonly scopeBits: readonly string[];
}

export type Variables = Readonly<Record<string, unknown>>;

/** The variables on which the results depend: those that the operation declares, without `after`. */
export function sharedVariables(
  operation: PreparedOperation,
  variables: Variables | null | undefined,
): Variables {
  const shared: Record<string, unknown> = {};
  for (const name of operation.variableNames) {
    if (name !== operation.afterVariable && variables && Object.hasOwn(variables, name))
      shared[name] = variables[name];
  }
  return shared;
}

/** The operation's root field; for a subscription there is exactly one. */
export function rootField(operation: PreparedOperation): FieldNode {
  return collectRootField(operation.document, operation.definition.selectionSet.selections);
}

export const rootFieldName = (operation: PreparedOperation): string => rootField(operation).name.value;

function collectRootField(document: DocumentNode, selections: readonly SelectionNode[]): FieldNode {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) return selection;
    const selectionSet =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : document.definitions.find(
            (node): node is FragmentDefinitionNode =>
              node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
          )?.selectionSet;
    if (selectionSet) return collectRootField(document, selectionSet.selections);
  }
  throw new Error('A validated operation has a root field.');
}
