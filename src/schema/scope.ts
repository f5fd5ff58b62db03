/** What an answer may show of people: the role and presence of users, and who changed a dispatch. */
import {
  defaultFieldResolver,
  isNullableType,
  isObjectType,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { SharedContext } from './context.ts';

/** Bits alone: nobody can be told by them, so that all who have the same may share what is executed. */
export type Scope = Readonly<Record<ScopeBit, boolean>>;
type ScopeBit = 'seesUsers' | 'seesActors';

/** Fields that not everybody is shown, and what it takes. Who lacks it is shown null, whatever the way to the field was. */
const scopedFields: Readonly<Record<string, ScopeBit>> = {
  'User.role': 'seesUsers',
  'User.status': 'seesUsers',
  'User.isOnline': 'seesUsers',
  'User.lastSeen': 'seesUsers',
  'User.connectionCount': 'seesUsers',
  'DispatchUpdate.actorId': 'seesActors',
  'Assignment.assignedBy': 'seesActors',
  'Assignment.answeredBy': 'seesActors',
  'Alert.acknowledgedBy': 'seesActors',
};

const isShown: Readonly<Record<ScopeBit, (parent: unknown, context: SharedContext) => boolean>> = {
  // Everybody may see themselves, where nobody else is shown the same answer.
  seesUsers: (user, { scope, oneself }) => scope.seesUsers || (user as { id: string }).id === oneself,
  seesActors: (_update, { scope }) => scope.seesActors,
};

/** Root fields of streams that show one user, and are opened for nobody who may not see that user. */
const streamsOfOneUser = ['userStatusChanged'];

/** Of whom nothing is shown but who they are. */
export const emptyScope: Scope = Object.freeze({ seesUsers: false, seesActors: false });

/** The bits of a scope that change what a subscription shows, none for other operations. Linear in the document: each fragment is looked at once. */
export function scopeBitsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
): readonly ScopeBit[] {
  if (definition.operation !== OperationTypeNode.SUBSCRIPTION) return [];
  const bits = new Set<ScopeBit>();
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: (node) => (node === definition ? undefined : false),
      Field({ name }) {
        const bit = scopedFields[`${typeInfo.getParentType()?.name}.${name.value}`];
        if (bit) bits.add(bit);
      },
    }),
  );
  return [...bits];
}

/**
 * The scope of a stream: what its viewer may see, as far as the operation asks for it. Viewers who differ in nothing that
 * it asks for have the same one.
 */
export function scopeOfStream(
  bits: readonly string[],
  rootField: string,
  { seesUsers, seesActors }: Scope,
): Scope {
  if (bits.length === 0) return emptyScope;
  return {
    seesUsers: bits.includes('seesUsers') && (seesUsers || streamsOfOneUser.includes(rootField)),
    seesActors: bits.includes('seesActors') && seesActors,
  };
}

/** Puts the gate in front of each such field. */
export function applyScope(schema: GraphQLSchema): void {
  for (const [coordinate, bit] of Object.entries(scopedFields)) {
    const field = fieldAt(schema, coordinate);
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (parent, args, context: SharedContext, info) =>
      isShown[bit](parent, context) ? resolve(parent, args, context, info) : null;
  }
}

function fieldAt(schema: GraphQLSchema, coordinate: string): GraphQLField<unknown, SharedContext> {
  const [typeName = '', fieldName = ''] = coordinate.split('.');
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (!field || !isNullableType(field.type))
    throw new Error(`${coordinate} must be a field that may be null.`);
  return field;
}
