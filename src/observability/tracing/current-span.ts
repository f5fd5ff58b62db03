/** Which span whatever runs is a part of. Where nothing is traced nobody sets it, and to ask costs next to nothing. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from './tracing.ts';

/** Of this process: it follows calls and promises, whoever makes them. */
const spans = new AsyncLocalStorage<Span>();

export const currentSpan = (): Span | undefined => spans.getStore();

/** Runs something as a part of a span. */
export const withinSpan = <T>(span: Span, run: () => T): T => spans.run(span, run);

/** What a line of the log says of it. */
export function traceFields(): Record<string, string> {
  const span = spans.getStore();
  return span ? { traceId: span.traceId, spanId: span.spanId } : {};
}
