/** Asks the resolver of a subscription where its events come from. */
import {
  getArgumentValues,
  getVariableValues,
  Kind,
  locatedError,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { rootField, type PreparedOperation, type Variables } from '../../realtime/prepared-operation.ts';
import { sourceOf, type SubscriptionSource } from '../../realtime/source.ts';
import type { ViewerContext } from '../../schema/context.ts';
import { coercion } from '../executor.ts';

/** A source, or the errors that say why there is none. */
export type OpenedSource =
  | { readonly source: SubscriptionSource; readonly errors: null }
  | { readonly source: null; readonly errors: readonly GraphQLError[] };

/** What an operation says whatever its variables are. */
interface RootField {
  readonly field: GraphQLField<unknown, unknown>;
  /** What resolvers are told of it, but for the variables. */
  readonly info: Omit<GraphQLResolveInfo, 'variableValues' | 'getAbortSignal' | 'getAsyncHelpers'>;
}

/**
 * Does what `createSourceEventStream` of graphql-js does, for operations that were validated: but it looks at a text once, and waits
 * only where the resolver has to.
 */
export class SourceOpener {
  readonly #schema: GraphQLSchema;
  readonly #roots = new WeakMap<PreparedOperation, RootField>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  open(
    operation: PreparedOperation,
    variables: Variables,
    context: ViewerContext,
  ): OpenedSource | Promise<OpenedSource> {
    let root = this.#roots.get(operation);
    if (!root) this.#roots.set(operation, (root = rootOf(this.#schema, operation)));
    const { field, info } = root;
    const { variableDefinitions = [] } = operation.definition;
    const bound = { maxErrors: coercion.maxCoercionErrors };
    const { coerced, errors } = getVariableValues(this.#schema, variableDefinitions, variables, bound);
    if (errors) return { source: null, errors };
    try {
      const args = getArgumentValues(field, info.fieldNodes[0]!, coerced);
      // graphql-js 16 tells no more; its types are those of others too.
      const told = { ...info, variableValues: coerced } as GraphQLResolveInfo;
      const opened: unknown = field.subscribe!(undefined, args, context, told);
      return opened instanceof Promise
        ? opened.then(openedAs).catch((error: unknown) => refusedBy(error, info))
        : openedAs(opened);
    } catch (error) {
      return refusedBy(error, info);
    }
  }
}

const openedAs = (iterable: unknown): OpenedSource => ({ source: sourceOf(iterable), errors: null });

function refusedBy(error: unknown, { fieldNodes, path }: RootField['info']): OpenedSource {
  return { source: null, errors: [locatedError(error, fieldNodes, [path.key])] };
}

function rootOf(schema: GraphQLSchema, operation: PreparedOperation): RootField {
  const { document, definition } = operation;
  const parentType = schema.getSubscriptionType()!;
  const node = rootField(operation);
  const field = parentType.getFields()[node.name.value]!;
  const fragments = document.definitions.filter(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION,
  );
  return {
    field,
    info: {
      fieldName: field.name,
      fieldNodes: [node],
      returnType: field.type,
      parentType,
      path: { prev: undefined, key: node.alias?.value ?? node.name.value, typename: parentType.name },
      schema,
      fragments: Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])),
      rootValue: undefined,
      operation: definition,
    },
  };
}
