/** An operation of the board: understood once, however often it is sent, and with the types of its answer and its variables. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse } from 'graphql';

export const operation = <R, V>(text: string): TypedDocumentNode<R, V> => parse(text, { noLocation: true });

/** What a stream goes on behind. */
export interface After {
  readonly after?: string;
}
