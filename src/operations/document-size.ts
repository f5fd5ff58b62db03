/** How large an operation is once its fragments are put in their places, found out in time linear in its text. */
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
  // A fragment is counted once. While that is under way it counts as infinite: who meets it then is inside of it.
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
