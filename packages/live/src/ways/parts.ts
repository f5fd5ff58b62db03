/** An answer in parts (`multipart/mixed;subscriptionSpec=1.0`), as Apollo Router gives it, told as an event stream. */
import type { Result } from './way.ts';

export const acceptParts = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json';

/** Null for what is none. */
export function boundaryOf(contentType: string): string | null {
  if (!/^multipart\/mixed\b/i.test(contentType)) return null;
  return /boundary="?([^";]+)"?/i.exec(contentType)?.[1] ?? '-';
}

export function partsAsEvents(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): ReadableStream<Uint8Array> {
  const delimiter = `\r\n--${boundary}`;
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  // The first delimiter need not begin with a line of its own.
  let rest = '\r\n';
  const events = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      rest += decoder.decode(bytes, { stream: true });
      const parts = rest.split(delimiter);
      rest = parts.pop()!;
      for (const part of parts) controller.enqueue(encoder.encode(eventOf(part)));
      if (!rest.startsWith('--')) return;
      controller.enqueue(encoder.encode(completed));
      controller.terminate();
    },
  });
  return body.pipeThrough(events);
}

export const completed = 'event: complete\ndata:\n\n';
export const eventOfResult = (result: Result): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`;

/** What is no payload says that the connection lives. `payload: null`: the router, or the service, has more to say than an answer. */
function eventOf(part: string): string {
  const text = part.slice(part.indexOf('\r\n\r\n') + 4).trim();
  if (!text.startsWith('{')) return ':\n\n';
  const { payload, errors, data } = JSON.parse(text) as Result & { readonly payload?: Result | null };
  if (payload) return eventOfResult(payload);
  return errors || data ? eventOfResult({ ...(data && { data }), ...(errors && { errors }) }) : ':\n\n';
}
