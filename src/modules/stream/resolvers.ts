/** The query that says where streams stand, for those behind something that drops events. */
import { coerceInputValue, type GraphQLField, type GraphQLResolveInfo } from 'graphql';
import type { QueryResolvers, Resolvers, StreamInput, StreamPlace } from '../../generated/resolvers.ts';
import type { Clock } from '../../lib/clock.ts';
import { badUserInput } from '../../lib/errors.ts';
import type { CursorKeys } from '../../realtime/cursors/cursor-keys.ts';
import { createCursorFormat } from '../../realtime/cursors/cursor.ts';
import { sourceOf, type SubscriptionSource } from '../../realtime/source.ts';
import { streamPosition } from '../../realtime/topics/compared-position.ts';
import type { ViewerContext } from '../../schema/context.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { EventLog } from '../../stores/event-log/event-log.ts';

export interface StreamDeps {
  readonly eventLog: Pick<EventLog, 'standing'>;
  readonly cursorKeys: CursorKeys;
  readonly clock: Clock;
}

const maxStreams = 100;

type StreamField = GraphQLField<unknown, ViewerContext>;

export function createStreamResolvers({
  eventLog,
  cursorKeys,
  clock,
}: StreamDeps): Pick<Resolvers, 'StreamPlace'> & { readonly Query: Pick<QueryResolvers, 'streamPlaces'> } {
  const placeOf = async (source: SubscriptionSource): Promise<StreamPlace> => {
    const { topic, filter } = source;
    const isKnown = filter !== null || topic.kind.conflationKey !== undefined;
    const { position, began, passed } = await eventLog.standing(topic.key, filter ?? undefined);
    return {
      cursor: createCursorFormat(topic.key, cursorKeys).format({ ...position, at: clock.now() }),
      position: isKnown && passed !== undefined ? streamPosition(began, passed) : null,
    };
  };
  return {
    Query: {
      streamPlaces(_root, { streams }, context, info) {
        if (streams.length > maxStreams)
          throw badUserInput(`At most ${maxStreams} streams can be asked about at once.`);
        return streams.map(async (stream) => placeOf(await openSource(stream, context, info)));
      },
    },
    StreamPlace: { ...propertiesOf<StreamPlace>()('cursor', 'position') },
  };
}

/** What the field of a stream shows to this viewer. The field itself refuses whom it would refuse, and is not followed. */
async function openSource(
  { field: name, arguments: given }: StreamInput,
  context: ViewerContext,
  info: GraphQLResolveInfo,
): Promise<SubscriptionSource> {
  const fields = info.schema.getSubscriptionType()?.getFields() ?? {};
  const field = Object.hasOwn(fields, name) ? (fields[name] as StreamField) : undefined;
  if (!field?.subscribe) throw badUserInput(`There is no stream "${name}".`);
  // As somebody who comes back: what does not exist is refused then, before anything is read of its events.
  const args = { ...parseArguments(field, given ?? {}), after: '' };
  return sourceOf(await field.subscribe(undefined, args, context, info));
}

function parseArguments({ name, args }: StreamField, given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw badUserInput(`The arguments of "${name}" are an object.`);
  const known = args.filter((argument) => argument.name !== 'after');
  for (const key of Object.keys(given))
    if (!known.some((argument) => argument.name === key))
      throw badUserInput(`"${name}" has no argument "${key}" that can be asked with.`);
  const entries = known.map((argument): [string, unknown] => {
    const value = Object.hasOwn(given, argument.name)
      ? (given as Record<string, unknown>)[argument.name]
      : undefined;
    return [
      argument.name,
      coerceInputValue(value, argument.type, (_path, _value, { message }) => {
        throw badUserInput(`"${argument.name}" of "${name}": ${message}`);
      }),
    ];
  });
  return Object.fromEntries(entries);
}
