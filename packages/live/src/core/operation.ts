/** Understands an operation: which stream of the service it shows, and under which variable that takes a cursor. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  Kind,
  parse,
  print,
  valueFromASTUntyped,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

/** An operation as a text, as a document, or as a document that knows its types. */
export type Operation<R = Record<string, unknown>, V = Variables> =
  string | DocumentNode | TypedDocumentNode<R, V>;

/** The fields of `Subscription` whose events say where they stand, and take up where a cursor says. */
const liveFields = new Set([
  ...['dispatchUpdated', 'dispatchesUpdated', 'followedDispatchUpdated', 'locationUpdated'],
  ...['messageBroadcast', 'presenceChanged', 'userStatusChanged', 'assignmentOffered'],
  'alertRaised',
]);

/** Fields of `Subscription` whose events say a cursor to come back with, and nothing of what they follow. */
const cursorFields = new Set(['locationsInArea']);

const beginWithState = new Set(['dispatchUpdated', 'followedDispatchUpdated', 'locationUpdated']);

/** What has to be known of each event. Where an operation does not ask for it, it is asked for. */
const placeFields = ['cursor', 'position', 'follows'];

export interface PreparedOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly isMutation: boolean;
  /** Null for what is no stream of the service: it is passed on as it is. */
  readonly stream: StreamShape | null;
}

export interface StreamShape {
  /** What the result calls it. */
  readonly key: string;
  /** The variable for the cursor. */
  readonly after: string;
  /** What the service calls it. */
  readonly field: string;
  /** Whether its events say what they follow, so that what was lost on the way is noticed. */
  readonly tellsPlace: boolean;
  /** Whether it begins with the state, and not with the next event. */
  readonly beginsWithState: boolean;
  /** What it is given with these variables, without the cursor. */
  argumentsOf(variables: Variables): Variables;
}

const prepared = new WeakMap<DocumentNode, PreparedOperation>();

export function prepare(operation: Operation<never, never>): PreparedOperation {
  if (typeof operation === 'string') return prepareDocument(parse(operation));
  const known = prepared.get(operation) ?? prepareDocument(operation);
  prepared.set(operation, known);
  return known;
}

function prepareDocument(document: DocumentNode): PreparedOperation {
  const definition = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('There is no operation in it.');
  const operationName = definition.name?.value;
  const isMutation = definition.operation === 'mutation';
  const root = definition.selectionSet.selections.find(isLiveField);
  if (definition.operation !== 'subscription' || !root)
    return { query: print(document), operationName, isMutation, stream: null };
  const tellsPlace = liveFields.has(root.name.value);
  const { live, after } = withPlace(definition, root, tellsPlace ? placeFields : ['cursor']);
  const definitions = document.definitions.map((one) => (one === definition ? live : one));
  return {
    query: print({ ...document, definitions }),
    operationName,
    isMutation,
    stream: {
      key: (root.alias ?? root.name).value,
      after,
      field: root.name.value,
      tellsPlace,
      beginsWithState: beginWithState.has(root.name.value),
      argumentsOf: (variables) => argumentsOf(root, variables),
    },
  };
}

function argumentsOf({ arguments: given = [] }: FieldNode, variables: Variables): Variables {
  const others = given.filter((argument) => !isAfter(argument));
  return Object.fromEntries(
    others.map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)]),
  );
}

const isLiveField = (selection: { readonly kind: string }): selection is FieldNode =>
  selection.kind === Kind.FIELD && isLive((selection as FieldNode).name.value);

const isLive = (name: string) => liveFields.has(name) || cursorFields.has(name);

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
const isAfter = ({ name }: ArgumentNode) => name.value === 'after';

/** The same operation, which takes a cursor and asks for what every event says of its place: these fields. */
function withPlace(definition: OperationDefinitionNode, root: FieldNode, fields: readonly string[]) {
  const given = root.arguments?.find(isAfter)?.value;
  const declared = definition.variableDefinitions ?? [];
  const isNamed = given?.kind === Kind.VARIABLE;
  const after = isNamed ? given.name.value : freeName(declared);
  const variable = { kind: Kind.VARIABLE, name: nameNode(after) } as const;
  const others = (root.arguments ?? []).filter((argument) => !isAfter(argument));
  const asked = new Set(
    root.selectionSet?.selections.map((one) => one.kind === Kind.FIELD && one.name.value),
  );
  const added = fields
    .filter((name) => !asked.has(name))
    .map((name): FieldNode => ({ kind: Kind.FIELD, name: nameNode(name) }));
  const selections = [...(root.selectionSet?.selections ?? []), ...added];
  const field: FieldNode = {
    ...root,
    arguments: [...others, { kind: Kind.ARGUMENT, name: nameNode('after'), value: variable }],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  const live: OperationDefinitionNode = {
    ...definition,
    variableDefinitions: isNamed ? declared : [...declared, cursorVariable(variable)],
    selectionSet: {
      ...definition.selectionSet,
      selections: definition.selectionSet.selections.map((one) => (one === root ? field : one)),
    },
  };
  return { live, after };
}

const cursorVariable = (variable: VariableDefinitionNode['variable']): VariableDefinitionNode => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable,
  type: { kind: Kind.NAMED_TYPE, name: nameNode('Cursor') },
});

function freeName(declared: readonly VariableDefinitionNode[]): string {
  const taken = new Set(declared.map(({ variable }) => variable.name.value));
  let name = 'after';
  while (taken.has(name)) name = `_${name}`;
  return name;
}
