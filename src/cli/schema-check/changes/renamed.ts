/** Finds types that were renamed: one has gone, and one has come that is the same but for its name. */
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql';

/** The new names by the old ones. */
export type Renames = ReadonlyMap<string, string>;

export function findRenames(before: GraphQLSchema, after: GraphQLSchema): Renames {
  const only = (schema: GraphQLSchema, other: GraphQLSchema) =>
    Object.values(schema.getTypeMap()).filter(({ name }) => !other.getType(name));
  const come = only(after, before);
  const pairs = only(before, after).flatMap((type) => {
    const successor = come.find((other) => shapeOf(other, other.name) === shapeOf(type, type.name));
    return successor && shapeOf(type, type.name) !== null ? [[type.name, successor.name] as const] : [];
  });
  return new Map(pairs);
}

/** What clients meet of a type beside its name; null where there is nothing to know it again by. */
function shapeOf(type: GraphQLNamedType, self: string): string | null {
  if (isEnumType(type)) return `enum ${type.getValues().map(({ name }) => name)}`;
  const isInput = isInputObjectType(type);
  if (!isInput && !isObjectType(type) && !isInterfaceType(type)) return null;
  const fields: readonly AnyField[] = Object.values(type.getFields());
  return `${isInput ? 'input' : 'output'} ${fields.map((field) => fieldShapeOf(field, self))}`;
}

type AnyField = GraphQLField<unknown, unknown> | GraphQLInputField;

function fieldShapeOf(field: AnyField, self: string): string {
  const args = 'args' in field ? field.args.map(({ name, type }) => `${name}: ${String(type)}`) : [];
  const type = String(field.type);
  const isOwn = getNamedType(field.type as GraphQLType).name === self;
  return `${field.name}(${args}): ${isOwn ? type.replace(self, 'itself') : type}`;
}
