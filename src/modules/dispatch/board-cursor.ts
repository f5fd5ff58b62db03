/** Owns the question whether an operation asks for `dispatchesCursor`, which is taken before anything else is read. */
import { getOperationAST, Kind, type DocumentNode, type SelectionSetNode } from 'graphql';

/**
 * Root fields of a query run side by side: a cursor taken by the field's own resolver could lie behind a change that the
 * list beside it does not show. So whoever executes the operation takes it first, and leaves it in the context.
 */
export function asksForBoardCursor(
  document: DocumentNode,
  operationName: string | null | undefined,
): boolean {
  const operation = getOperationAST(document, operationName);
  return operation?.operation === 'query' && selectsBoardCursor(document, operation.selectionSet, new Set());
}

function selectsBoardCursor(
  document: DocumentNode,
  { selections }: SelectionSetNode,
  seen: Set<string>,
): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === 'dispatchesCursor';
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return selectsBoardCursor(document, selection.selectionSet, seen);
    const name = selection.name.value;
    if (seen.has(name)) return false;
    seen.add(name);
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    return (
      fragment?.kind === Kind.FRAGMENT_DEFINITION && selectsBoardCursor(document, fragment.selectionSet, seen)
    );
  });
}
