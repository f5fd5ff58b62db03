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

/** The fields of `Subscription` that begin with the state, and not with the next event. */
const withState = ['dispatchUpdated', 'followedDispatchUpdated', 'locationUpdated'];

/** The one whose events say a cursor to come back with, and nothing of what they follow. */
const area = 'locationsInArea';

/** All that take up where a cursor says. */
const liveFields = [
  ...withState,
  'dispatchesUpdated',
  'messageBroadcast',
  'presenceChanged',
  'userStatusChanged',
  'assignmentOffered',
  'alertRaised',
  area,
];

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
  /** What the service calls it; null where its events do not say what they follow, so that nobody can ask where it stands. */
  readonly field: string | null;
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
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('No operation in it.');
  const operationName = definition.name?.value;
  const isMutation = definition.operation === 'mutation';
  const root = definition.selectionSet.selections.find(isLiveField);
  if (definition.operation !== 'subscription' || !root)
    return { query: print(document), operationName, isMutation, stream: null };
  const field = root.name.value;
  const isArea = field === area;
  const { live, after } = withPlace(definition, root, isArea ? ['cursor'] : placeFields);
  const definitions = document.definitions.map((one) => (one === definition ? live : one));
  return {
    query: print({ ...document, definitions }),
    operationName,
    isMutation,
    stream: {
      key: (root.alias ?? root.name).value,
      after,
      field: isArea ? null : field,
      beginsWithState: withState.includes(field),
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
  selection.kind === Kind.FIELD && liveFields.includes((selection as FieldNode).name.value);

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
  const own = root.selectionSet?.selections ?? [];
  const asked = own.map((one) => one.kind === Kind.FIELD && one.name.value);
  const added = fields
    .filter((name) => !asked.includes(name))
    .map((name): FieldNode => ({ kind: Kind.FIELD, name: nameNode(name) }));
  const selections = [...own, ...added];
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
  const taken = declared.map(({ variable }) => variable.name.value);
  let name = 'after';
  while (taken.includes(name)) name = `_${name}`;
  return name;
}
