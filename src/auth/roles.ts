/** The roles, and what each may do unless a token says otherwise. */
import { oneSpelling } from '../lib/text/readable-text.ts';
import { permissions, type Permission } from './viewer.ts';

/** To read what is said on channels, and to say something there: every role has both. */
export const messagePermissions = ['view-messages', 'send-messages'] as const satisfies readonly Permission[];

const permissionsByRole: ReadonlyMap<string, readonly Permission[]> = new Map<string, readonly Permission[]>([
  ['admin', permissions],
  [
    'dispatcher',
    ['view-dispatches', 'create-dispatch', 'update-dispatch', 'view-users', ...messagePermissions],
  ],
  // May change only dispatches of their own ambulance (`Viewer.ambulanciaId`).
  ['paramedic', ['view-dispatches', 'update-dispatch', 'report-location', ...messagePermissions]],
  ['hospital', ['view-dispatches', ...messagePermissions]],
  ['doctor', ['view-dispatches', ...messagePermissions]],
  [
    'system',
    ['view-dispatches', 'create-dispatch', 'update-dispatch', 'report-location', ...messagePermissions],
  ],
]);

/** Of several roles, the first of these counts. */
const rolesByWeight = ['admin', 'system', 'dispatcher', 'paramedic', 'doctor', 'hospital'];

/** Services write "Admin" and "admin": roles are compared, and kept, in small letters. */
export const normalizeRole = (role: string): string => oneSpelling(role.trim().toLowerCase());

/** The one of several roles that counts; null when there is none. */
export function chooseRole(ofUser: readonly string[]): string | null {
  const names = ofUser.map(normalizeRole);
  return rolesByWeight.find((role) => names.includes(role)) ?? names[0] ?? null;
}

/** The names of all roles. */
export const roles: readonly string[] = [...permissionsByRole.keys()];

/** What a token of this role may do when it carries no permissions of its own; undefined when there is no such role. */
export function permissionsOfRole(role: string): readonly Permission[] | undefined {
  return permissionsByRole.get(role);
}
