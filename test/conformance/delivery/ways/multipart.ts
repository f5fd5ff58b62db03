/** Clients of subscriptions as parts of HTTP, which come back with the cursor of the last event that they were shown. */
import { Kind, parse, parseType, print, visit, type DocumentNode, type SelectionNode } from 'graphql';
import { tParts, type Parts } from '../../../support/multipart.ts';
import { codesOf, valuesOf, type Connect, type Shown, type Way } from './way.ts';

const cursorName = 'cursorOfTheWay';
const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: 'after' } } as const;
const cursor: SelectionNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: cursorName },
  name: { kind: Kind.NAME, value: 'cursor' },
};

/** The operation as a client asks that keeps cursors: it begins after one, and asks for the next. */
function withCursors(query: string): string {
  const document: DocumentNode = visit(parse(query), {
    OperationDefinition: (operation) => ({
      ...operation,
      variableDefinitions: [
        ...(operation.variableDefinitions ?? []).filter(
          (definition) => definition.variable.name.value !== 'after',
        ),
        { kind: Kind.VARIABLE_DEFINITION, variable, type: parseType('Cursor') },
      ],
      selectionSet: {
        ...operation.selectionSet,
        selections: operation.selectionSet.selections.map((field) =>
          field.kind === Kind.FIELD
            ? {
                ...field,
                arguments: [
                  ...(field.arguments ?? []).filter(({ name }) => name.value !== 'after'),
                  { kind: Kind.ARGUMENT, name: variable.name, value: variable },
                ],
                selectionSet: {
                  ...field.selectionSet!,
                  selections: [...field.selectionSet!.selections, cursor],
                },
              }
            : field,
        ),
      },
    }),
  });
  return print(document);
}

const resultsOf = ({ payloads }: Parts) =>
  payloads.map((content) => (content as { readonly payload?: unknown }).payload ?? content);

const withoutCursor = ({ [cursorName]: _, ...shown }: Shown): Shown => shown;

export const multipart: Way = {
  name: 'multipart',
  isAcknowledged: false,
  receiver: null,
  open: async () => ({
    env: {},
    client: (): Connect => {
      let last: Parts | undefined;
      return async ({ app, token, query, variables }) => {
        const after = last && valuesOf(resultsOf(last)).at(-1)?.[cursorName];
        const body = {
          query: withCursors(query),
          variables: { ...variables, ...(after !== undefined && { after }) },
        };
        const parts = await tParts(app.url, { token, body });
        last = parts;
        const end = () => parts.response.destroy();
        return {
          shown: () => valuesOf(resultsOf(parts)).map(withoutCursor),
          told: () => codesOf(resultsOf(parts)),
          cut: end,
          // It has no other word for it.
          complete: end,
        };
      };
    },
  }),
};
