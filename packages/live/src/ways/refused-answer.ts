/** An answer that is no event stream, told as one, so that what it means for the operation is judged in one place. */
import type { GraphQLProblem } from '../core/problems.ts';
import { completed, eventOfResult } from './parts.ts';
import type { Result } from './way.ts';

const codes: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  408: 'UPSTREAM_UNAVAILABLE',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  425: 'UPSTREAM_UNAVAILABLE',
  429: 'RATE_LIMITED',
};

/** The result that the answer has, or an error that says what its status does. */
export async function answerAsStream(response: Response): Promise<Response> {
  const result = (await response.json().catch(() => null)) as Result | null;
  const isAnswer = Boolean(result?.errors ?? result?.data);
  return eventStream(eventOfResult(isAnswer ? result! : { errors: [errorOf(response)] }) + completed);
}

export const eventStream = (body: string | ReadableStream<Uint8Array>): Response =>
  new Response(body, { headers: { 'content-type': 'text/event-stream' } });

function errorOf({ status, headers }: Response): GraphQLProblem {
  const code = codes[status] ?? (status < 500 ? 'BAD_REQUEST' : 'UPSTREAM_UNAVAILABLE');
  const seconds = Number(headers.get('retry-after'));
  const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
  return { message: `The service answered with ${status}.`, extensions: { code, retryAfterMs } };
}
