/** Takes the position of the board before an operation that asks for `dispatchesCursor` reads anything else. */
import { Kind, type DocumentNode, type SelectionSetNode } from 'graphql';
import type { Clock } from '../../lib/clock.ts';
import type { CursorKeys } from '../../realtime/cursors/cursor-keys.ts';
import { createCursorFormat } from '../../realtime/cursors/cursor.ts';
import type { PreparedOperation } from '../../realtime/prepared-operation.ts';
import type { ViewerContext } from '../../schema/context.ts';
import type { EventLog } from '../../stores/event-log/event-log.ts';
import { boardTopic } from './events.ts';

/**
 * The root fields of a query are resolved side by side. If the field's own resolver took the cursor, a change could come
 * before the cursor and yet be missing from the list beside it. So the cursor is taken before the operation is executed,
 * and put into its context.
 */
export function createBoardCursorStep(
  eventLog: Pick<EventLog, 'position'>,
  cursorKeys: CursorKeys,
  clock: Clock,
): (operation: PreparedOperation, context: ViewerContext) => Promise<void> | undefined {
  const cursors = createCursorFormat(boardTopic.key, cursorKeys);
  const take = async (context: ViewerContext) => {
    const position = await eventLog.position(boardTopic.key);
    context.boardCursor = cursors.format({ ...position, at: clock.now() });
  };
  return ({ document, definition }, context) =>
    definition.operation === 'query' && selectsBoardCursor(document, definition.selectionSet, new Set())
      ? take(context)
      : undefined;
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
