/** Which operations have a slot, and which slot that is. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SlotKey } from '../../stores/slots/slots.ts';
import type { PreparedOperation, Variables } from '../prepared-operation.ts';

/** RFC 9562: the versions that are made of chance and time. Those that are made of names are equal where the names are. */
const uuid = /^[\da-f]{8}-[\da-f]{4}-[47][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** Whether no two operations have this id by accident. Clients and routers that count give each other's. */
export const isUniqueId = (operationId: string): boolean => uuid.test(operationId);

/** SHA-256 of what is asked for: the id that Apollo Router gives an operation where it deduplicates, on each of its replicas. */
const hashed = /^[\da-f]{64}$/i;

/** Whether an operation may have the id of another one that asks the same, and is one for many clients. */
export const isSharedId = (operationId: string): boolean => hashed.test(operationId);

/** An operation that may have a slot. */
export interface SlottedOperation {
  readonly viewerId: string;
  readonly operationId: string;
  readonly operation: PreparedOperation;
  /** Without `after`: a client that keeps its cursor there comes back with another one. */
  readonly variables: Variables;
}

/** Characters of a hash that are kept: 132 bits. */
const hashLength = 22;
const scratch = Buffer.alloc(hashLength);

/** Written out, since a part of a text would keep the whole of it, three times its size, for as long as a slot lives. */
function shortHash(text: string): string {
  scratch.write(hash('sha256', text, 'base64url'), 'latin1');
  return scratch.toString('latin1');
}

/** By operation, so that long texts are hashed once. */
const textHashes = new WeakMap<PreparedOperation, string>();

function textHashOf(operation: PreparedOperation): string {
  const known = textHashes.get(operation);
  if (known !== undefined) return known;
  const made = shortHash(`${operation.definition.name?.value ?? ''}\n${operation.query}`);
  textHashes.set(operation, made);
  return made;
}

/** Of those whose slots were asked for last: viewers subscribe to many things, over many connections. */
const viewers = new LRUCache<string, SlotKey['viewer']>({
  maxSize: 256 * 1024,
  sizeCalculation: (viewer, viewerId) => viewer.length + viewerId.length,
});

/** Whose slots those are, in the store. */
export function slotViewerOf(viewerId: string): SlotKey['viewer'] {
  let viewer = viewers.get(viewerId);
  if (viewer === undefined) viewers.set(viewerId, (viewer = shortHash(viewerId)));
  return viewer;
}

export function slotKeyOf({ viewerId, operationId, operation, variables }: SlottedOperation): SlotKey {
  return {
    viewer: slotViewerOf(viewerId),
    operation: shortHash(
      `${operationId.toLowerCase()}\n${textHashOf(operation)}\n${JSON.stringify(variables)}`,
    ),
  };
}
