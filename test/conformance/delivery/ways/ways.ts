/** All ways on which a subscription reaches its client. */
import { callback } from './callback.ts';
import { eventSourceByGet, eventStreamByPost } from './event-stream.ts';
import { multipart } from './multipart.ts';
import { singleConnection } from './single-connection.ts';
import type { Way } from './way.ts';
import { webSocket } from './web-socket.ts';

export const ways: readonly Way[] = [
  webSocket,
  eventStreamByPost,
  eventSourceByGet,
  singleConnection,
  multipart,
  callback,
];
