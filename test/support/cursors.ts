/** What cursors are signed with in tests. */
import { CursorKeys } from '../../src/realtime/cursors/cursor-keys.ts';

export const testCursorSecret = 'what-cursors-are-signed-with-in-tests';

export const tCursorKeys = (secret = testCursorSecret): CursorKeys => new CursorKeys([secret]);
