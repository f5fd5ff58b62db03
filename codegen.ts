// What `npm run codegen` makes of schema/: the resolver types that every module is checked against.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CodegenConfig } from '@graphql-codegen/cli';
import { Kind, parse } from 'graphql';

const SCHEMA_FOLDER = 'schema';
const ROOT_TYPES = ['Query', 'Mutation', 'Subscription'];

/** What the resolvers of an object type are handed as parent, where that is not the type itself. */
const mappers: Record<string, string> = {
  Alert: '../modules/alert/stream.ts#AlertValue',
  AreaLocation: '../modules/location/areas/subscription.ts#AreaLocationValue',
  Assignment: '../modules/dispatch/assignments/assignment-state.ts#AssignmentState',
  AssignmentOffer: '../modules/dispatch/assignments/offers.ts#AssignmentOfferValue',
  AuditEvent: '../modules/dispatch/audit-trail.ts#AuditEntry',
  Dispatch: '../modules/dispatch/events.ts#DispatchState',
  DispatchUpdate: '../modules/dispatch/update.ts#DispatchUpdateValue',
  LiveSubscription: '../stores/peers/messages.ts#FoundSubscription',
  Location: '../modules/location/events.ts#LocationState',
  LocationUpdate: '../modules/location/update.ts#LocationUpdateValue',
  MessageBroadcast: '../modules/message/broadcast.ts#MessageBroadcastValue',
  Receipt: '../modules/dispatch/receipts/dispatch-receipts.ts#DispatchReceipt',
  OnlineUser: '../stores/presence/presence.ts#PresentViewer',
  SessionEnding: '../modules/connection/session-control.ts#AnnouncedEnd',
  SilentProcess: '../stores/peers/peers.ts#SilentPeer',
  User: '../modules/user/status.ts#UserReference',
  UserStatusChange: '../modules/user/status.ts#UserStatusChangeValue',
};

/** Root fields know who asks; all else runs once for a whole group of subscribers and must not. */
function viewerFields(): string[] {
  return readdirSync(SCHEMA_FOLDER)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .flatMap((file) => parse(readFileSync(join(SCHEMA_FOLDER, file), 'utf8')).definitions)
    .flatMap((definition) => {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION)
        return [];
      const type = definition.name.value;
      if (!ROOT_TYPES.includes(type)) return [];
      return (definition.fields ?? []).map((field) => `${type}.${field.name.value}`);
    });
}

const config: CodegenConfig = {
  schema: `${SCHEMA_FOLDER}/*.graphql`,
  importExtension: '.ts',
  generates: {
    'src/generated/resolvers.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        strictScalars: true,
        defaultScalarType: 'unknown',
        scalars: {
          _FieldSet: 'string',
          Cursor: { input: 'string', output: 'string | { toJSON(): string }' },
          StreamPosition: 'string',
          DateTime: { input: 'Date', output: 'Date | string' },
          JSON: 'unknown',
        },
        enumsAsTypes: true,
        useTypeImports: true,
        avoidOptionals: { field: true, resolvers: true, query: true, mutation: true, subscription: true },
        contextType: '../schema/context.ts#SharedContext',
        fieldContextTypes: viewerFields().map((field) => `${field}#../schema/context.ts#ViewerContext`),
        mappers,
      },
    },
  },
};

export default config;
