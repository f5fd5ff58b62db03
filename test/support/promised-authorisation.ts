/** Who may do what, as docs/authorisation.md promises it: its tables, read. */
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../docs/authorisation.md', import.meta.url), 'utf8');

/** The rows of the table whose header begins with this word, cell by cell. */
function tableOf(firstHeader: string): string[][] {
  const [, body] =
    new RegExp(`^\\| ${firstHeader} +\\|.*\\n\\|[ -|]+\\n((?:\\|.*\\n)+)`, 'm').exec(page) ?? [];
  if (body === undefined) throw new Error(`The page has no table of "${firstHeader}".`);
  return body
    .trim()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
const permissionsIn = (text: string): string[] => text.match(/[a-z]+-[a-z]+/g) ?? [];

interface RolePromise {
  readonly hasAll: boolean;
  /** Held for everything. */
  readonly permissions: readonly string[];
  /** Held for the dispatches of one's own ambulance. */
  readonly ofOwnAmbulance: readonly string[];
}

function readRole(text: string): RolePromise {
  const parts = text.split(';');
  const isBound = (part: string) => part.endsWith('of their own ambulance');
  return {
    hasAll: text === 'everything',
    permissions: parts.filter((part) => !isBound(part)).flatMap(permissionsIn),
    ofOwnAmbulance: parts.filter(isBound).flatMap(permissionsIn),
  };
}

export const promisedRoles: ReadonlyMap<string, RolePromise> = new Map(
  tableOf('role').flatMap(([names = '', may = '']) => quoted(names).map((name) => [name, readRole(may)])),
);

interface Needed {
  readonly operations: readonly string[];
  /** Entities that a reference may be resolved to. */
  readonly entities: readonly string[];
  readonly fields: readonly string[];
}

const neededFor: ReadonlyMap<string, Needed> = new Map(
  tableOf('needs').map(([needs = '', operations = '', fields = '']) => {
    const [before = '', entities = ''] = operations.split('references to');
    return [needs, { operations: quoted(before), entities: quoted(entities), fields: quoted(fields) }];
  }),
);

export const promisedFields: readonly string[] = [...neededFor.values()].flatMap(({ fields }) => fields);
export const promisedOperations: readonly string[] = [...neededFor.values()].flatMap(
  ({ operations }) => operations,
);

function needsOf(kind: keyof Needed, name: string): string {
  const found = [...neededFor].filter(([, needed]) => needed[kind].includes(name));
  if (found.length !== 1) throw new Error(`The page says ${found.length} times what ${name} needs.`);
  return found[0]![0];
}

/** A viewer with a role, or with none. */
export interface Who {
  readonly role: string | null;
  /** Whether what is asked for is about the viewer. */
  readonly isOneself: boolean;
  /** Whether their token names an ambulance. Default false. */
  readonly rides?: boolean;
}

function holds(needs: string, { role, isOneself, rides = false }: Who): boolean {
  if (needs === 'any token') return true;
  const promise = role === null ? undefined : promisedRoles.get(role);
  const { hasAll = false, permissions = [], ofOwnAmbulance = [] } = promise ?? {};
  const [, roles] = /^the role (.+)$/.exec(needs) ?? [];
  if (roles !== undefined) return role !== null && quoted(roles).includes(role);
  const [, permission = '', condition = ''] = /^([a-z]+-[a-z]+)(.*)$/.exec(needs) ?? [];
  if (condition === ' on every dispatch') return hasAll || permissions.includes(permission);
  const has = hasAll || [...permissions, ...ofOwnAmbulance].includes(permission);
  if (permission !== '' && condition === '') return has;
  if (condition === ', or to be that user') return has || isOneself;
  if (condition === ', and an ambulance in the token') return has && rides;
  throw new Error(`This is not understood as something that one needs: ${needs}`);
}

const channelTable = new Map(
  tableOf('channel').map(([channel = '', read = '', write = '']) => [
    quoted(channel)[0]!.split(':')[0]!,
    { read, write },
  ]),
);

/** Whether the viewer is among those whom a channel is named after. Ambulance riders are those of the dispatch at hand. */
export function mayUseChannel(
  channel: string,
  operation: string,
  who: Who & { readonly rides: boolean },
): boolean {
  const [kind = '', name = ''] = channel.split(':');
  const needs = channelTable.get(kind)?.[operation === 'broadcastMessage' ? 'write' : 'read'] ?? '';
  if (needs === 'that role') return who.role === name;
  if (needs === 'to be that user') return who.isOneself;
  if (needs === 'update-dispatch on that dispatch, or to ride with its ambulance')
    return who.rides || holds('update-dispatch', who);
  return holds(needs, who);
}

/** Whether the viewer may use an operation, on a dispatch of their own ambulance where it is about one. */
export const mayUse = (operation: string, who: Who): boolean => holds(needsOf('operations', operation), who);
export const mayResolve = (entity: string, who: Who): boolean => holds(needsOf('entities', entity), who);
/** Whether the viewer is shown a field, such as `User.role`. */
export const isShown = (field: string, who: Who): boolean => holds(needsOf('fields', field), who);
