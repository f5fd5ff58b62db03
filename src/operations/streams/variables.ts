/** Which variables of a subscription need not be equal for subscribers to share its executions. */
import {
  Kind,
  visit,
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { PreparedOperation } from '../../realtime/prepared-operation.ts';

/** A variable that is used elsewhere as well may change what is shown, so it is none of these. */
export function readStreamVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
): Pick<PreparedOperation, 'afterVariable' | 'filterVariables'> {
  const none = { afterVariable: undefined, filterVariables: [] };
  if (definition.operation !== 'subscription') return none;
  const root = definition.selectionSet.selections.find((node): node is FieldNode => node.kind === Kind.FIELD);
  if (!root?.arguments?.length) return none;
  const uses = countVariables([document]);
  const after = root.arguments.find((argument) => argument.name.value === 'after')?.value;
  const filterUses = countVariables(argumentsThatFilter(schema, root));
  return {
    afterVariable:
      after?.kind === Kind.VARIABLE && uses.get(after.name.value) === 1 ? after.name.value : undefined,
    filterVariables: [...filterUses].flatMap(([name, count]) => (uses.get(name) === count ? [name] : [])),
  };
}

/** See `@filter` in the SDL. */
function argumentsThatFilter(schema: GraphQLSchema, { name, arguments: given }: FieldNode): ArgumentNode[] {
  const field = schema.getSubscriptionType()?.getFields()[name.value];
  const isFilter = (argument: ArgumentNode) =>
    field?.args
      .find((declared) => declared.name === argument.name.value)
      ?.astNode?.directives?.some((directive) => directive.name.value === 'filter') === true;
  return (given ?? []).filter(isFilter);
}

/** How often each variable is used. */
function countVariables(nodes: readonly ASTNode[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const node of nodes) {
    visit(node, {
      VariableDefinition: () => false,
      Variable({ name }) {
        uses.set(name.value, (uses.get(name.value) ?? 0) + 1);
      },
    });
  }
  return uses;
}
