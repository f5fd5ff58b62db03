/** Whether a result has values of the types that its operation promises: whoever did not serialize them one by one has to look. */
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  typeFromAST,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLEnumType,
  type GraphQLLeafType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Is asked of what is not null: where null may be is for others to say. */
type Judge = (value: unknown) => boolean;

/** What graphql-js would leave as it is, of the types that every schema has. */
const specified: Readonly<Record<string, Judge>> = {
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  Float: (value) => Number.isFinite(value),
  // Of 32 bits.
  Int: (value) => ((value as number) | 0) === value,
};

/** Null for what is serialized anyway. */
function judgeOfLeaf(type: GraphQLLeafType): Judge | null {
  if (!isEnumType(type)) return specified[type.name] ?? null;
  const names = namesOf(type);
  return (value) => names.has(value);
}

/** Values that stand for themselves. */
const namesOf = (type: GraphQLEnumType): ReadonlySet<unknown> =>
  new Set(type.getValues().flatMap(({ name, value }) => (name === value ? [name] : [])));

/** What is selected of an object, and of which type it then is. */
interface Selected {
  readonly parent: GraphQLNamedType;
  readonly set: SelectionSetNode;
}

/** What has the same name in a result: of one type as far as lists and leaves go, as validation has made sure. */
interface Field {
  readonly type: GraphQLOutputType;
  readonly selected: Selected[];
}

/** Makes what judges the data of one valid operation. */
export function createResultJudge(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet }: OperationDefinitionNode,
): Judge {
  const fragments = new Map(
    document.definitions
      .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((node) => [node.name.value, node]),
  );

  function judgeOf(type: GraphQLOutputType, selected: readonly Selected[]): Judge | null {
    if (isNonNullType(type)) return judgeOf(type.ofType, selected);
    if (isListType(type)) return judgeOfItems(judgeOf(type.ofType, selected));
    return isLeafType(type) ? judgeOfLeaf(type) : judgeOfObject(selected);
  }

  function judgeOfObject(selected: readonly Selected[]): Judge {
    const fields = new Map<string, Field>();
    for (const { parent, set } of selected) collect(parent, set, fields);
    const judges = [...fields].flatMap(([name, field]) => {
      const judge = judgeOf(field.type, field.selected);
      return judge ? [{ name, judge }] : [];
    });
    return (value) => {
      const object = value as Readonly<Record<string, unknown>>;
      for (const { name, judge } of judges) {
        const inner = object[name];
        // What is in no fragment of its type is not in it at all.
        if (inner !== null && inner !== undefined && !judge(inner)) return false;
      }
      return true;
    };
  }

  function collect(
    parent: GraphQLNamedType,
    { selections }: SelectionSetNode,
    fields: Map<string, Field>,
  ): void {
    for (const node of selections) {
      if (node.kind !== Kind.FIELD) {
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value)! : node;
        const condition = fragment.typeCondition && typeFromAST(schema, fragment.typeCondition);
        collect(condition ?? parent, fragment.selectionSet, fields);
        continue;
      }
      const hasFields = isObjectType(parent) || isInterfaceType(parent);
      const definition = hasFields ? parent.getFields()[node.name.value] : undefined;
      // `__typename` is read of nothing.
      if (!definition) continue;
      const name = node.alias?.value ?? node.name.value;
      const field = fields.get(name) ?? { type: definition.type, selected: [] };
      const inner = getNamedType(definition.type);
      if (node.selectionSet && isCompositeType(inner))
        field.selected.push({ parent: inner, set: node.selectionSet });
      fields.set(name, field);
    }
  }

  return judgeOfObject([{ parent: schema.getRootType(operation)!, set: selectionSet }]);
}

const judgeOfItems = (judge: Judge | null): Judge | null =>
  judge && ((value) => Array.isArray(value) && value.every((item) => item === null || judge(item)));
