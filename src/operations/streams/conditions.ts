/** Finds `@skip` and `@include` on the root field of a subscription, where GraphQL, section 5.2.3.1, forbids them. */
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

const conditions: ReadonlySet<string> = new Set(['skip', 'include']);

/** An error for each such condition, also on a fragment around the field. graphql-js throws at some of them instead of reporting them. */
export function findStreamConditions({ definitions }: DocumentNode): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  const seen = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      const condition = selection.directives?.find(({ name }) => conditions.has(name.value));
      if (condition)
        errors.push(
          new GraphQLError(`@${condition.name.value} cannot stand on the root field of a subscription.`, {
            nodes: condition,
          }),
        );
      if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
      seen.add(selection.name.value);
      const fragment = definitions.find(
        (node): node is FragmentDefinitionNode =>
          node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
      );
      if (fragment) look(fragment.selectionSet);
    }
  };
  for (const node of definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.SUBSCRIPTION)
      look(node.selectionSet);
  }
  return errors;
}
