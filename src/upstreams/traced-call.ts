/** Records a call of another service as a span, and tells that service of it. */
import { aboutAnswer, aboutCall } from '../observability/tracing/names.ts';
import { noTracing, traced, type Tracing } from '../observability/tracing/tracing.ts';

export interface TracedService {
  /** As it is called in logs, metrics and errors for clients: "MS Despacho". */
  readonly name: string;
  /** `http://host:port/base`; the paths of calls are appended to it. */
  readonly url: string;
  readonly tracing?: Tracing;
}

interface TracedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `send` sends the request, with what tells of the span. */
export function tracedCall<R extends TracedRequest, T extends { readonly status: number }>(
  { name, url, tracing = noTracing }: TracedService,
  request: R,
  send: (request: R) => Promise<T>,
): Promise<T> {
  if (tracing === noTracing) return send(request);
  const { method, headers } = request;
  const span = tracing.begin(method, {
    kind: 'client',
    attributes: aboutCall(name, method, URL.parse(url)?.host ?? ''),
  });
  if (!span) return send(request);
  return traced(span, async () => {
    const answer = await send({ ...request, headers: { ...headers, traceparent: span.traceparent } });
    span.note(aboutAnswer(answer.status));
    return answer;
  });
}
