/** Clients of graphql-sse's single connection mode, which come back with the same operation id on another stream. */
import { endShared, postShared, tSharedStream } from '../../../support/shared-stream.ts';
import { codesOf, valuesOf, type Way } from './way.ts';

interface SharedData {
  readonly id: string;
  readonly payload: unknown;
}

export const singleConnection: Way = {
  name: 'single connection mode',
  isAcknowledged: true,
  receiver: null,
  open: async () => ({
    env: { EVENT_STREAM_TICKETS: 'header' },
    client: () => async (asked) => {
      const { app, beside = app, token, operationId, query, variables } = asked;
      const { ticket, stream } = await tSharedStream(app.url, token);
      const { status } = await postShared(beside.url, { token, ticket }, { query, variables }, operationId);
      if (status !== 202) throw new Error(`The operation was not taken: ${status}`);
      const of = (kind: string) =>
        stream.events
          .filter(({ event, data }) => event === kind && (data as SharedData | null)?.id === operationId)
          .map(({ data }) => (data as SharedData).payload);
      return {
        shown: () => valuesOf(of('next')),
        told: () => [...codesOf(of('next')), ...of('complete').map(() => 'complete')],
        cut: () => stream.response.destroy(),
        complete: () => endShared(beside.url, { token, ticket }, operationId),
      };
    },
  }),
};
