/** An answer that is no event stream, told as one, so that what it means for the operation is judged in one place. */
import type { GraphQLProblem } from '../core/problems.ts';

const codes: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  408: 'UPSTREAM_UNAVAILABLE',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  425: 'UPSTREAM_UNAVAILABLE',
  429: 'RATE_LIMITED',
};

/** The errors that the answer has, or one that says what its status does. */
export async function answerAsStream(response: Response): Promise<Response> {
  const errors = (await errorsIn(response)) ?? [errorOf(response)];
  const text = `event: next\ndata: ${JSON.stringify({ errors })}\n\nevent: complete\ndata:\n\n`;
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

async function errorsIn(response: Response): Promise<readonly GraphQLProblem[] | undefined> {
  const body = (await response.json().catch(() => null)) as { errors?: GraphQLProblem[] } | null;
  return body?.errors;
}

function errorOf({ status, headers }: Response): GraphQLProblem {
  const code = codes[status] ?? (status < 500 ? 'BAD_REQUEST' : 'UPSTREAM_UNAVAILABLE');
  const seconds = Number(headers.get('retry-after'));
  const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
  return { message: `The service answered with ${status}.`, extensions: { code, retryAfterMs } };
}
