/** Federated traces (`ftv1`): what Apollo's plugin notes of an operation that a gateway wants traced. */
import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ApolloRequest } from './apollo.ts';

/** By this header a gateway asks for a trace. */
export const traceHeader = 'apollo-federation-include-trace';

/** Fields that a trace tells of, the first ones: each takes a few hundred bytes until the answer is sent, and some of them in the answer. */
const maxFields = 5_000;
const untold = () => {};

/**
 * Apollo's plugin looks at the fields that Apollo Server executes, and here it executes none: so what the plugin wants to be told of
 * fields goes along with the request to where they are executed. Unless they are configured there are no traces.
 */
export function createTracePlugin(isConfigured: boolean): ApolloServerPlugin<ApolloRequest> {
  if (!isConfigured) return ApolloServerPluginInlineTraceDisabled();
  // Errors are masked: what a gateway's operator may read of them is in the answer.
  const inline: ApolloServerPlugin<ApolloRequest> = ApolloServerPluginInlineTrace();
  return {
    ...inline,
    async requestDidStart(request) {
      const listener = await inline.requestDidStart?.(request);
      if (!listener) return;
      const executing = await listener.executionDidStart?.(
        request as Parameters<NonNullable<typeof listener.executionDidStart>>[0],
      );
      const { contextValue } = request;
      let fields = 0;
      contextValue.fieldTrace = (info) => {
        fields += 1;
        if (fields > maxFields) return untold;
        const field = { source: undefined, args: {}, contextValue, info };
        const end = executing ? executing.willResolveField?.(field) : undefined;
        return () => {
          if (end) end(null);
        };
      };
      return { willSendResponse: (answered) => finish(listener, answered) };
    },
  };
}

type Listener = GraphQLRequestListener<ApolloRequest>;
type Answered = Parameters<NonNullable<Listener['willSendResponse']>>[0];

async function finish(listener: Listener, request: Answered): Promise<void> {
  const { body } = request.response;
  const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
  if (errors.length > 0) await listener.didEncounterErrors?.({ ...request, errors: errors.map(toError) });
  await listener.willSendResponse?.(request);
}

const toError = ({ message, path }: GraphQLFormattedError) =>
  new GraphQLError(message, { path: path ?? null });
