/** Who may read the schema: operations that need no viewer, and federation's `_service`, which may be for viewers or for nobody. */
import {
  GraphQLError,
  Kind,
  parse,
  type DocumentNode,
  type ParseOptions,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';

/** Whoever may read the SDL. */
export type SdlReaders = 'anybody' | 'viewers' | 'nobody';

const sdlField = '_service';
const introspectionFields = ['__schema', '__type', '__typename'];

export interface PublicOperationOptions {
  /** Whether anybody may ask for the schema by introspection. */
  readonly introspection: boolean;
  readonly sdlReaders: SdlReaders;
  readonly parseOptions: ParseOptions;
}

/** Whether anybody may run each operation of `source`. False when it cannot be parsed. */
export function isPublicOperation(
  source: string,
  { introspection, sdlReaders, parseOptions }: PublicOperationOptions,
): boolean {
  const open = new Set([
    ...(sdlReaders === 'anybody' ? [sdlField] : []),
    ...(introspection ? introspectionFields : []),
  ]);
  if (open.size === 0) return false;
  let document: DocumentNode;
  try {
    document = parse(source, { ...parseOptions, noLocation: true });
  } catch {
    return false;
  }
  // A root field inside of a fragment counts as one that needs a viewer: stricter than it need be, but simple.
  return document.definitions.every((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return true;
    if (definition.kind !== Kind.OPERATION_DEFINITION) return false;
    return definition.operation === 'query' && selectsOnly(definition.selectionSet, open);
  });
}

/** No text that asks for the SDL and nothing else is longer. */
const maxSdlQuery = 1_000;
const sdlAlone = new Set([sdlField, '__typename']);

/** Whether a text is what composition asks a subgraph: federation's `_service`, and nothing else. */
export function asksForSdlAlone(text: string): boolean {
  if (text.length > maxSdlQuery || !text.includes(sdlField)) return false;
  try {
    const { definitions } = parse(text, { noLocation: true });
    return definitions.every(
      (node) =>
        node.kind === Kind.OPERATION_DEFINITION &&
        node.operation === 'query' &&
        selectsOnly(node.selectionSet, sdlAlone),
    );
  } catch {
    return false;
  }
}

function selectsOnly({ selections }: SelectionSetNode, open: ReadonlySet<string>): boolean {
  return selections.every((selection) => selection.kind === Kind.FIELD && open.has(selection.name.value));
}

/** For where nobody may read the SDL: refuses `_service` wherever it stands, under any alias and in any fragment. */
export const noSdlRule: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== sdlField || context.getParentType() !== context.getSchema().getQueryType())
      return;
    const extensions = { code: 'FORBIDDEN' };
    context.reportError(new GraphQLError('The SDL is shown to nobody here.', { nodes: node, extensions }));
  },
});
