/** The text by which a span is named to other processes, as W3C Trace Context has it. */

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether whoever began the trace has it recorded. */
  readonly isSampled: boolean;
}

const form = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.{0,200})?$/;

/** Null for what is none: also for ids of zeros, and for the version ff, which there is not. */
export function readTraceparent(value: unknown): TraceContext | null {
  const [, traceId = '', spanId = '', flags = ''] = (typeof value === 'string' && form.exec(value)) || [];
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId) || String(value).startsWith('ff')) return null;
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & 1) === 1 };
}

export const formatTraceparent = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
