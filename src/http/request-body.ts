/** Reads the bytes of a request body, as many as whoever sends it may send. */
import type { IncomingMessage } from 'node:http';
import { ClientError } from '../lib/errors.ts';

/** Calls back once: with the bytes, or with an error when there are more than `maxBytes` of them, or not all of them come. */
export function readBody(
  payload: IncomingMessage,
  maxBytes: number,
  done: (error: Error | null, bytes: Buffer) => void,
): void {
  let chunks: Buffer[] = [];
  let length = 0;
  // The listeners stay as long as the request: as its answer, which may be a stream, and as its connection, which waits for another one.
  // So nothing that belongs to the body is left to them.
  let callBack: typeof done | null = done;
  const end = (error: Error | null) => {
    if (!callBack) return;
    const [call, bytes] = [callBack, error ? Buffer.alloc(0) : bytesOf(chunks, length)];
    callBack = null;
    chunks = [];
    call(error, bytes);
  };
  const onData = (chunk: Buffer) => {
    if (!callBack) return;
    length += chunk.length;
    if (length > maxBytes) end(tooLarge());
    else chunks.push(chunk);
  };
  const onEnd = () => end(null);
  // Whoever has left reads no answer: the log and the metrics tell this from a request that is wrong.
  const onError = () =>
    end(new ClientError('CLIENT_CLOSED_REQUEST', 'The caller left before the body ended.'));
  if (Number(payload.headers['content-length']) > maxBytes) return done(tooLarge(), Buffer.alloc(0));
  payload.on('data', onData).on('end', onEnd).on('error', onError);
  // Asked for before it comes: else Node puts it aside for a later turn, and looks once more for what nobody has read.
  payload.read(0);
}

/** Most bodies come in one piece. */
const bytesOf = (chunks: readonly Buffer[], length: number): Buffer =>
  chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);

function tooLarge(): ClientError {
  return new ClientError('PAYLOAD_TOO_LARGE', 'The request body is larger than this service accepts.');
}
