/** Finds which parts of a schema an operation meets, and how: by writing their coordinates, or by what it is sent and may send. */
import {
  getNamedType,
  isInputObjectType,
  Kind,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type ObjectValueNode,
} from 'graphql';

/** How an operation meets a part without writing its coordinate. */
export const roles = {
  /** Results have values of the type. */
  received: (name: string) => `${name} received`,
  /** A variable is of the type, or of an input that leads to it: it may carry each field and value. */
  carried: (name: string) => `${name} carried`,
  /** An input is written out. */
  written: (name: string) => `${name} written`,
  /** An argument, or a field of an input that is written out, is not given. */
  leftOut: (coordinate: string) => `${coordinate} left out`,
};

type Found = (coordinate: string, node: ASTNode) => void;

export function visitCoordinates(schema: GraphQLSchema, document: DocumentNode, found: Found): void {
  const info = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      enter(node) {
        const field = info.getFieldDef();
        const parent = info.getParentType();
        if (node.kind === Kind.FIELD && field && parent) visitField(parent, field, node, found);
        else if (node.kind === Kind.ARGUMENT) {
          if (field && parent && info.getArgument() && !info.getDirective())
            found(`${parent.name}.${field.name}.${node.name.value}`, node);
        } else if (node.kind === Kind.OBJECT) visitInput(getNamedType(info.getInputType()), node, found);
        else if (node.kind === Kind.ENUM) {
          const type = getNamedType(info.getInputType());
          if (type) found(`${type.name}.${node.value}`, node);
        } else if (node.kind === Kind.VARIABLE_DEFINITION) {
          const type = getNamedType(typeFromAST(schema, node.type));
          if (type) found(type.name, node);
          for (const carried of typesCarriedBy(type)) found(roles.carried(carried.name), node);
        } else if (node.kind === Kind.INLINE_FRAGMENT || node.kind === Kind.FRAGMENT_DEFINITION) {
          if (node.typeCondition) found(node.typeCondition.name.value, node);
        } else if (node.kind === Kind.DIRECTIVE) {
          found(`@${node.name.value}`, node);
        }
      },
    }),
  );
}

function visitField(
  parent: GraphQLCompositeType,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  found: Found,
): void {
  const coordinate = `${parent.name}.${field.name}`;
  found(coordinate, node);
  found(roles.received(getNamedType(field.type).name), node);
  // Its answer is the name.
  if (field.name === '__typename') found(parent.name, node);
  const given = new Set(node.arguments?.map(({ name }) => name.value));
  for (const { name } of field.args)
    if (!given.has(name)) found(roles.leftOut(`${coordinate}.${name}`), node);
}

function visitInput(type: GraphQLNamedType | undefined, node: ObjectValueNode, found: Found): void {
  if (!isInputObjectType(type)) return;
  found(roles.written(type.name), node);
  const given = new Map(node.fields.map((field) => [field.name.value, field]));
  for (const name of Object.keys(type.getFields())) {
    const coordinate = `${type.name}.${name}`;
    found(given.has(name) ? coordinate : roles.leftOut(coordinate), given.get(name) ?? node);
  }
}

/** The type itself, and those of the fields that it leads to. */
function typesCarriedBy(
  type: GraphQLNamedType | undefined,
  known = new Set<GraphQLNamedType>(),
): ReadonlySet<GraphQLNamedType> {
  if (!type || known.has(type)) return known;
  known.add(type);
  if (isInputObjectType(type))
    for (const field of Object.values(type.getFields())) typesCarriedBy(getNamedType(field.type), known);
  return known;
}
