/** A stand-in of MS Auth: its schema over GraphQL, opaque tokens, and the ways in which it fails. */
import { randomBytes } from 'node:crypto';
import { buildSchema, graphql } from 'graphql';
import { startStandIn, type StandIn, type StandInRequest, type StandInResponse } from './stand-in.ts';

export interface AuthUser {
  readonly id: string;
  readonly name: string;
  status: 'active' | 'inactive';
  roles: string[];
}

export interface MsAuthStandIn extends StandIn {
  readonly users: Map<string, AuthUser>;
  /** How many times each root field was asked for. */
  readonly asked: Record<string, number>;
  /** Fields that fail as those of the real service do; `userPermissions` takes its whole answer along. */
  readonly broken: Set<'me' | 'user' | 'userPermissions' | 'validateToken'>;
  addUser(roles: string[], name?: string): AuthUser;
  /** A token for the user: `id|secret`. */
  login(user: AuthUser): string;
  revoke(token: string): void;
}

const schema = buildSchema(`
  type Query {
    me: User
    validateToken(token: String!): ValidationResponse!
    user(id: ID!): User
    userPermissions: [Permission!]!
  }
  type ValidationResponse { isValid: Boolean! expiresAt: String userId: ID message: String }
  type User {
    id: ID! name: String! email: String! status: String! roles: [Role!]! permissions: [Permission!]!
  }
  type Role { id: ID! name: String! permissions: [Permission!]! }
  type Permission { id: ID! name: String! }
`);

const permissionsOf: Readonly<Record<string, readonly string[]>> = {
  admin: ['view-users', 'view-dispatches', 'create-dispatch', 'update-dispatch', 'manage-ambulances'],
  dispatcher: ['view-users', 'view-ambulances', 'view-dispatches', 'create-dispatch', 'update-dispatch'],
  paramedic: ['view-patients', 'create-patient', 'view-ambulances', 'view-dispatches'],
  hospital: ['view-patients', 'view-reports'],
  system: ['create-patient', 'view-ambulances', 'create-dispatch', 'view-dispatches'],
};

export async function startMsAuth({ port = 0 }: { readonly port?: number } = {}): Promise<MsAuthStandIn> {
  const users = new Map<string, AuthUser>();
  const tokens = new Map<string, AuthUser>();
  const asked: Record<string, number> = {};
  const broken: MsAuthStandIn['broken'] = new Set();
  const standIn = await startStandIn((request) => answer(request), port);

  function ask(field: 'me' | 'user' | 'userPermissions' | 'validateToken'): void {
    asked[field] = (asked[field] ?? 0) + 1;
    // Its table has no such column, and each user's dates are formatted.
    if (broken.has(field)) throw new Error('Call to a member function format() on null');
  }

  async function answer({ path, body, authorization }: StandInRequest): Promise<StandInResponse> {
    if (path !== '/graphql') return { status: 404, body: { message: 'Not Found' } };
    const { query, variables } = body as { query: string; variables?: Record<string, unknown> };
    const viewer = tokens.get(authorization?.replace('Bearer ', '') ?? '');
    const result = await graphql({
      ...{ schema, source: query, variableValues: variables ?? {} },
      rootValue: {
        me: () => (ask('me'), viewer ? describe(viewer) : null),
        user: ({ id }: { id: string }) => (ask('user'), users.has(id) ? describe(users.get(id)!) : null),
        userPermissions: () => (ask('userPermissions'), viewer ? permissionsJson(viewer.roles) : []),
        validateToken: ({ token }: { token: string }) => (ask('validateToken'), validate(tokens.get(token))),
      },
    });
    // Errors come with status 200 as well.
    return { status: 200, body: result };
  }

  return Object.assign(standIn, {
    users,
    asked,
    broken,
    addUser(roles: string[], name = 'Ana Flores') {
      const user: AuthUser = { id: String(users.size + 1), name, status: 'active', roles };
      users.set(user.id, user);
      return user;
    },
    login(user: AuthUser) {
      const token = `${tokens.size + 1}|${randomBytes(24).toString('hex')}`;
      tokens.set(token, user);
      return token;
    },
    revoke: (token: string) => void tokens.delete(token),
  });
}

/** Whether the user is active is not looked at. */
function validate(user: AuthUser | undefined) {
  if (!user) return { isValid: false, message: 'Token revocado o expirado' };
  return { isValid: true, userId: user.id, expiresAt: null, message: 'Token válido' };
}

function describe({ id, name, status, roles }: AuthUser) {
  return {
    ...{ id, name, status, email: `${id}@example.test` },
    roles: roles.map((role, index) => ({ id: index, name: role, permissions: permissionsJson([role]) })),
    permissions: [],
  };
}

const permissionsJson = (roles: readonly string[]) =>
  roles.flatMap((role) => permissionsOf[role] ?? []).map((name, index) => ({ id: index, name }));
