/** What a viewer is shown of an entry of the audit trail. */
import type { Viewer } from '../../../auth/viewer.ts';
import { mayReadChannel } from '../../../schema/permissions.ts';
import type { AuditEntry } from '../audit-trail.ts';

/**
 * What was said on a channel is for those who may read there: to others the trail shows who spoke, and when. What is confidential is
 * for admins.
 */
export function withoutUnreadable(entry: AuditEntry, viewer: Viewer): AuditEntry {
  if (entry.confidential) {
    const shown = Object.entries(entry.confidential).map(([name, value]) => [
      name,
      viewer.role === 'admin' ? value : null,
    ]);
    return { ...entry, data: { ...(entry.data as object), ...(Object.fromEntries(shown) as object) } };
  }
  if (entry.type !== 'message.broadcast') return entry;
  const data = (entry.data ?? {}) as { readonly channel?: unknown };
  // Where no channel is named, as a newer version may do, nobody can be said to read it.
  const isReadable = typeof data.channel === 'string' && mayReadChannel(viewer, data.channel);
  return isReadable ? entry : { ...entry, data: { ...data, message: null } };
}
