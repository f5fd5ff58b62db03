/** What all ways have in common on which a subscription reaches its client. */
import type { RunningApp } from '../../../support/app.ts';
import type { BareEventStream } from '../../../support/event-stream.ts';
import type { WayName } from '../promise.ts';

/** A value of the only root field. */
export type Shown = Readonly<Record<string, unknown>>;

/** What a client asks for each time that it connects. */
export interface Asked {
  readonly app: RunningApp;
  /** Another process of the same service, to which requests go that are not the stream's own. */
  readonly beside?: RunningApp;
  readonly token: string;
  /** Where a way has none that are the client's, nobody hears of it. */
  readonly operationId: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface WayConnection {
  /** What was shown on it so far, in order. */
  shown(): readonly Shown[];
  /** What its client was told of an end: codes of errors with their reasons, close codes. */
  told(): readonly string[];
  /** With which id, and after how long, an EventSource would come back. */
  readonly place?: BareEventStream['place'];
  /** The path breaks, and neither side says a word. */
  cut(): unknown;
  /** The client says that it wants no more. */
  complete(): unknown;
}

/** Connects a client; called again it comes back as a client of this way does. */
export type Connect = (asked: Asked) => Promise<WayConnection>;

export interface Way {
  readonly name: WayName;
  /** Whether the service is told, or sees, what its clients have. */
  readonly isAcknowledged: boolean;
  /** Who says so in receipts; null where nobody does. */
  readonly receiver: 'CLIENT' | 'GATEWAY' | null;
  /** What a service needs to offer it, and how clients are made then. */
  open(): Promise<{ readonly env: Readonly<Record<string, string>>; readonly client: () => Connect }>;
}

interface ExecutionResult {
  readonly data?: Readonly<Record<string, Shown | null>> | null;
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** The values in results as they came. */
export const valuesOf = (results: readonly unknown[]): Shown[] =>
  results
    .flatMap((result) => Object.values((result as ExecutionResult).data ?? {}))
    .filter((value) => value !== null);

/** The codes in results, with the reason where there is one. */
export const codesOf = (results: readonly unknown[]): string[] =>
  results
    .flatMap((result) => (result as ExecutionResult).errors ?? [])
    .map(({ extensions = {} }) => [extensions['code'], extensions['reason']].filter(Boolean).join(' '));
