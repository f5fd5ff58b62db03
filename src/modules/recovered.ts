/** How snapshots are marked that stand for events which their readers were not shown. */
import type { Recovery } from '../generated/resolvers.ts';

/** For a snapshot that shows no more than the state. `since`: that of the request, null where the stream begins with it. */
export const partlySince = (since: number | null): Recovery | null => (since === null ? null : 'PARTIAL');
