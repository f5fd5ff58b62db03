/** Judges a stream that is open by what its viewer may do now, since they have shown another token. */
import { getArgumentValues, getVariableValues, type GraphQLSchema } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import { rootField } from '../../realtime/prepared-operation.ts';
import type { HubSubscription } from '../../realtime/subscription.ts';
import { forbidden } from '../../lib/errors.ts';
import { refusalOfStream, scopeOf } from '../../schema/permissions.ts';
import { scopeOfStream } from '../../schema/scope.ts';

/**
 * The stream goes on, with what its viewer may be shown now.
 *
 * Throws FORBIDDEN where they may not have it any more, and what `HubSubscription.changeScope` throws.
 */
export function reviewStream(schema: GraphQLSchema, stream: HubSubscription, viewer: Viewer): void {
  const field = rootField(stream.operation).name.value;
  const refusal = refusalOfStream(field, viewer, argumentsOf(schema, stream));
  if (refusal) throw refusal;
  if (stream.crewOf !== undefined && stream.crewOf !== viewer.ambulanciaId)
    throw forbidden('The stream is for the crew of another ambulance.');
  stream.changeScope(scopeOfStream(stream.operation.scopeBits, field, scopeOf(viewer)));
}

type Arguments = Readonly<Record<string, unknown>>;

function argumentsOf(schema: GraphQLSchema, { operation, variables }: HubSubscription): Arguments {
  const { definition, afterVariable } = operation;
  const node = rootField(operation);
  // The cursor is forgotten by now, though the operation may demand one. It decides no permission.
  const given = afterVariable === undefined ? variables : { ...variables, [afterVariable]: '' };
  const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], given);
  if (errors) throw errors[0]!;
  return getArgumentValues(schema.getSubscriptionType()!.getFields()[node.name.value]!, node, coerced);
}
