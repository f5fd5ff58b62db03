/** What a client sends to have an operation run, whatever the transport. */
export interface OperationRequest {
  readonly query: string;
  /** Empty counts as none: GraphQL over HTTP, section 5.1. */
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}
