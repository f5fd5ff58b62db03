/** A second schema for those whose requests are traced: each of its fields says when it begins and ends. */
import {
  defaultFieldResolver,
  execute,
  isIntrospectionType,
  isObjectType,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';

/** Told when a field begins; what it returns is called when the field has its value, or none. */
export type FieldTrace = (info: GraphQLResolveInfo) => () => void;

interface TracedContext {
  readonly fieldTrace: FieldTrace;
}

/**
 * Fields that tell of themselves take longer, whoever asks. So nothing but traced operations knows this schema, and it is
 * executed by graphql-js: no code is made of it.
 */
export class TracedSchema {
  readonly #schema: GraphQLSchema;

  /** `schema` is changed: it must be one that nobody else has. */
  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || isIntrospectionType(type) || type === schema.getSubscriptionType()) continue;
      for (const field of Object.values(type.getFields()))
        field.resolve = traced(field.resolve ?? defaultFieldResolver);
    }
  }

  execute(
    { contextValue, ...operation }: Omit<ExecutionArgs, 'schema'>,
    fieldTrace: FieldTrace,
  ): ExecutionResult | Promise<ExecutionResult> {
    const context = { ...(contextValue as object), fieldTrace };
    return execute({ ...operation, schema: this.#schema, contextValue: context });
  }
}

type Resolver = GraphQLFieldResolver<unknown, TracedContext>;

const traced =
  (resolve: Resolver): Resolver =>
  (parent, args, context, info) => {
    const end = context.fieldTrace(info);
    let value: unknown;
    try {
      value = resolve(parent, args, context, info);
    } catch (error) {
      end();
      throw error;
    }
    if (value instanceof Promise) value.then(end, end);
    else end();
    return value;
  };
