/** Counts how large an operation is with its fragments expanded, in time linear in its text. */
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The fields and fragments of the largest operation of a document, each counted as often as it is spread: a few hundred
 * bytes of fragments that spread each other twice stand for millions of fields. Infinite where a fragment spreads itself.
 */
export function countNodes(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  // Each fragment is counted once. Until that is done it counts as infinite, since it is met then only inside of itself.
  const counts = new Map<string, number>();

  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    counts.set(name, Infinity);
    const fragment = fragments.get(name);
    const count = fragment ? countSelections(fragment.selectionSet) : 0;
    counts.set(name, count);
    return count;
  };

  const countSelections = ({ selections }: SelectionSetNode): number => {
    let count = 0;
    for (const selection of selections) {
      count += 1;
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countFragment(selection.name.value);
      else if (selection.selectionSet) count += countSelections(selection.selectionSet);
    }
    return count;
  };

  // Fragments that no operation uses are validated and visited too.
  for (const name of fragments.keys()) countFragment(name);
  return Math.max(
    ...operations.map(({ selectionSet }) => countSelections(selectionSet)),
    ...counts.values(),
    0,
  );
}
