/** What is traced is traced through this: spans that somebody may record, or nobody. */
import { currentSpan, withinSpan } from './current-span.ts';
import { readTraceparent } from './traceparent.ts';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `server` and `client` of a request; `producer` and `consumer` of an event; `internal` of all else. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Something that takes time, and is recorded. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Names it to others: https://www.w3.org/TR/trace-context/ */
  readonly traceparent: string;
  note(attributes: Attributes): void;
  /** `why`: a word of few, such as the code of an error. */
  fail(why: string): void;
  end(): void;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** What it is a part of, as somebody else named it: what is none is as if there were none. Default: what is under way. */
  readonly parent?: unknown;
  /** Whether it may begin a trace. Else it is recorded only as a part of one. */
  readonly isRoot?: boolean;
  readonly attributes?: Attributes;
}

export interface Tracing {
  /** Null where it is not recorded: nothing is traced, or not this one. */
  begin(name: string, options?: SpanOptions): Span | null;
}

/** Of a process that traces nothing. */
export const noTracing: Tracing = { begin: () => null };

/** Runs something as a part of a span of somebody else: what has to be found out before a span of this process begins. */
export function withinRemoteSpan<T>(tracing: Tracing, traceparent: unknown, run: () => T): T {
  const named = tracing === noTracing ? null : readTraceparent(traceparent);
  if (!named) return run();
  const { traceId, spanId } = named;
  const nothing = () => undefined;
  const theirs = { traceparent: String(traceparent), note: nothing, fail: nothing, end: nothing };
  return withinSpan({ traceId, spanId, ...theirs }, run);
}

/** Runs something as a span, which ends with it. */
export async function traced<T>(span: Span | null, run: () => Promise<T>): Promise<T> {
  if (!span) return run();
  try {
    return await withinSpan(span, run);
  } catch (error) {
    span.fail(codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The same of what is synchronous where it can be. */
export function tracedNow<T>(span: Span, run: () => T | Promise<T>): T | Promise<T> {
  let made: T | Promise<T>;
  try {
    made = withinSpan(span, run);
  } catch (error) {
    span.fail(codeOf(error));
    span.end();
    throw error;
  }
  if (!(made instanceof Promise)) {
    span.end();
    return made;
  }
  return made.finally(() => span.end());
}

/** What is run later is a part of what is under way now. */
export function boundToSpan<A extends readonly unknown[], T>(run: (...args: A) => T): (...args: A) => T {
  const span = currentSpan();
  return span ? (...args) => withinSpan(span, () => run(...args)) : run;
}

function codeOf(error: unknown): string {
  const { code, extensions, name } = error as {
    readonly code?: unknown;
    readonly extensions?: { readonly code?: unknown };
    readonly name?: unknown;
  };
  const word = extensions?.code ?? code ?? name;
  return typeof word === 'string' ? word : 'error';
}
