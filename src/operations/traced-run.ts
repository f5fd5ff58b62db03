/** Records an operation as a span, below that of whoever sent it where they say so. */
import { aboutOperation, operationSpan } from '../observability/tracing/names.ts';
import { noTracing, traced, type Tracing } from '../observability/tracing/tracing.ts';
import type { PreparedOperation } from '../realtime/prepared-operation.ts';
import type { Outcome } from './operations.ts';
import type { Caller } from './request.ts';

/** `run` never rejects. */
export function tracedRun(
  tracing: Tracing,
  { definition }: PreparedOperation,
  { traceparent, attempt }: Caller,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  if (tracing === noTracing) return run();
  const [type, name] = [definition.operation, definition.name?.value];
  const span = tracing.begin(operationSpan(type, name), {
    ...{ kind: 'server', parent: traceparent ?? null, isRoot: true },
    attributes: aboutOperation(type, name),
  });
  if (!span) return run();
  attempt.traceId = span.traceId;
  return traced(span, async () => {
    const outcome = await run();
    const errors =
      outcome.kind === 'refused' ? outcome.errors : outcome.kind === 'result' ? outcome.result.errors : [];
    if (errors?.[0]) span.fail(String(errors[0].extensions?.['code'] ?? 'error'));
    return outcome;
  });
}
