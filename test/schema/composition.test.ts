/** The schema composes with the example, and with the subgraphs that it will meet. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  GraphQLNonNull,
  GraphQLString,
  isObjectType,
  Kind,
  parse,
  print,
  type ObjectTypeDefinitionNode,
} from 'graphql';
import { compose, type Composition } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph, type Subgraph } from '../../src/cli/supergraph/config.ts';

const root = resolve(import.meta.dirname, '../..');
const [websocket, fleet] = readSupergraph(root, 'supergraph.yaml') as [Subgraph, Subgraph];

function neighbour(name: string): Subgraph {
  const path = `test/support/neighbours/${name}.graphql`;
  return { name, url: `http://${name}.test/graphql`, path, sdl: readFileSync(resolve(root, path), 'utf8') };
}

const autentificacion = neighbour('autentificacion');
const despacho = neighbour('despacho');

/** The same subgraph with the one place where `from` stands replaced. */
function changed(subgraph: Subgraph, from: string, to: string): Subgraph {
  const parts = subgraph.sdl.split(from);
  if (parts.length !== 2) throw new Error(`${subgraph.name} has ${parts.length - 1} times: ${from}`);
  return { ...subgraph, sdl: parts.join(to) };
}

/** Code and field of each error, without doubles. */
function collisionsOf({ errors }: Composition): readonly string[] {
  return errors.map(({ code, message }) => `${code} ${/"(\w+\.\w+)"/.exec(message)?.[1] ?? message}`).sort();
}

/** How the supergraph says which subgraph answers a field. */
function ownersOf({ supergraphSdl }: Composition, type: string, field: string): string {
  const definition = parse(supergraphSdl ?? '').definitions.find(
    (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === type,
  ) as ObjectTypeDefinitionNode | undefined;
  const { directives = [] } = definition?.fields?.find(({ name }) => name.value === field) ?? {};
  return directives.map((directive) => print(directive)).join(' ');
}

test('composes with the example, and gives no hint but that MS Auth is not there', () => {
  const composition = compose([websocket, fleet]);
  expect(composition.errors).toEqual([]);
  expect(composition.hints.map(({ code, at }) => [code, at[0]?.file])).toEqual([
    ['FROM_SUBGRAPH_DOES_NOT_EXIST', 'schema/user.graphql'],
    ['FROM_SUBGRAPH_DOES_NOT_EXIST', 'schema/user.graphql'],
    ['FROM_SUBGRAPH_DOES_NOT_EXIST', 'schema/user.graphql'],
  ]);
  expect(composition.clientSchema?.getType('Vehicle')).toBeDefined();
});

test('hides what only the WebSockets of this service have', () => {
  const { clientSchema } = compose([websocket, fleet]);
  expect(Object.keys(clientSchema!.getMutationType()!.getFields())).toContain('updateUserStatus');
  expect(clientSchema!.getMutationType()!.getFields()).not.toHaveProperty('renewSession');
  expect(clientSchema!.getType('Session')).toBeUndefined();
});

describe('with MS Auth', () => {
  const status = '  status: UserStatus\n  """\n  Whether the user has';
  const withoutStatus = changed(websocket, status, status.replace('status', 'presence'));

  test('one field collides: its `status` says whether an account is active, ours whether somebody is here', () => {
    expect(collisionsOf(compose([websocket, fleet, autentificacion]))).toEqual([
      'FIELD_TYPE_MISMATCH User.status',
      'INVALID_FIELD_SHARING User.status',
    ]);
  });

  test('another name for that field, here or there, composes with MS Auth otherwise as it is', () => {
    const theirs = changed(autentificacion, '  status: String!\n', '  accountStatus: String!\n');
    expect(compose([websocket, fleet, theirs]).errors).toEqual([]);
    const composition = compose([withoutStatus, fleet, autentificacion]);
    expect(composition.errors).toEqual([]);
    const user = composition.clientSchema?.getType('User');
    expect(isObjectType(user) && user.getFields()).toMatchObject({
      status: { type: new GraphQLNonNull(GraphQLString) },
      presence: {},
      isOnline: {},
      email: {},
    });
  });

  test('composed from its SDL without that field, MS Auth composes as it runs', () => {
    const patched = changed(autentificacion, '  status: String!\n', '');
    const composition = compose([websocket, fleet, patched]);
    expect(composition.errors).toEqual([]);
    expect(ownersOf(composition, 'User', 'status')).not.toContain('AUTENTIFICACION');
    expect(ownersOf(composition, 'Query', 'user')).toContain('override: "autentificacion"');
  });

  test('users are read here, accounts there: @override draws what both have', () => {
    const composition = compose([withoutStatus, fleet, autentificacion]);
    expect(ownersOf(composition, 'Query', 'user')).toContain('graph: WEBSOCKET, override: "autentificacion"');
    expect(ownersOf(composition, 'User', 'name')).toContain('graph: WEBSOCKET, override: "autentificacion"');
    expect(ownersOf(composition, 'User', 'email')).toContain('graph: AUTENTIFICACION');
    expect(ownersOf(composition, 'User', 'isOnline')).toContain('graph: WEBSOCKET');
  });

  test.each([
    ['Query.user', '): User @override(from: "autentificacion")', '): User', 'INVALID_FIELD_SHARING'],
    ['User.name', 'name: String @override(from: "autentificacion")', 'name: String', 'INVALID_FIELD_SHARING'],
  ])('without its @override, %s would collide', (field, from, to, code) => {
    const composition = compose([changed(withoutStatus, from, to), fleet, autentificacion]);
    expect(collisionsOf(composition)).toEqual([`${code} ${field}`]);
  });
});

describe('with MS Despacho', () => {
  test('one field collides: both list `despachos`, of different types', () => {
    expect(collisionsOf(compose([websocket, fleet, despacho]))).toEqual([
      'FIELD_TYPE_MISMATCH Query.despachos',
      'INVALID_FIELD_SHARING Query.despachos',
    ]);
  });

  test('no @override helps, since the types differ', () => {
    const overriding = changed(websocket, '): [Dispatch!]!', '): [Dispatch!]! @override(from: "despacho")');
    expect(collisionsOf(compose([overriding, fleet, despacho]))).toEqual([
      'FIELD_TYPE_MISMATCH Query.despachos',
    ]);
  });

  test('composed from its SDL without that field, it is', () => {
    const patched = changed(despacho, '  despachos: [Despacho!]!\n', '');
    const composition = compose([websocket, fleet, patched]);
    expect(composition.errors).toEqual([]);
    expect(ownersOf(composition, 'Query', 'despachos')).toContain('graph: WEBSOCKET');
  });

  test('with another name for our list, it composes as it is', () => {
    const renamed = changed(websocket, '  despachos(\n', '  dispatches(\n');
    expect(compose([renamed, fleet, despacho]).errors).toEqual([]);
  });
});
