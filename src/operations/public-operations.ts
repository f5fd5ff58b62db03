/** Operations that need no viewer: federation's `_service`, and in development introspection. */
import { Kind, parse, type DocumentNode, type ParseOptions, type SelectionSetNode } from 'graphql';

const federationFields = ['_service'];
const introspectionFields = ['__schema', '__type', '__typename'];

export interface PublicOperationOptions {
  /** Whether anybody may ask for the schema by introspection. */
  readonly introspection: boolean;
  readonly parseOptions: ParseOptions;
}

/** Whether anybody may run each operation of `source`. False when it cannot be parsed. */
export function isPublicOperation(
  source: string,
  { introspection, parseOptions }: PublicOperationOptions,
): boolean {
  const open = new Set(introspection ? [...federationFields, ...introspectionFields] : federationFields);
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

function selectsOnly({ selections }: SelectionSetNode, open: ReadonlySet<string>): boolean {
  return selections.every((selection) => selection.kind === Kind.FIELD && open.has(selection.name.value));
}
