/** Makes a manifest of the operations in a frontend's sources: each whole, with its fragments and the hash that clients name it by. */
import {
  Kind,
  print,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { apolloFormat } from '../../lib/operation-manifest.ts';
import { hashText } from '../../operations/documents/text-hash.ts';
import type { Operation } from '../schema-check/operations/find-operations.ts';
import type { SourceLine } from '../supergraph/sdl-files.ts';

/** The sources do not say what the manifest is to hold. The message is meant for the user. */
export class ManifestProblems extends Error {}

export interface ManifestEntry {
  readonly id: string;
  readonly body: string;
  readonly name: string;
  readonly type: string;
}

type Definition = OperationDefinitionNode | FragmentDefinitionNode;

interface Defined<T extends Definition> {
  readonly node: T;
  readonly at: SourceLine;
}

export interface ManifestOptions {
  /** Whether each selection asks for `__typename` too, as Apollo Client and urql have it before they send it. */
  readonly typenames: boolean;
  /** Told of what is left out, and where that stands: clients name an operation of a manifest by its name. */
  readonly onNameless: (place: string) => void;
}

/** @throws ManifestProblems */
export function makeEntries(
  found: readonly Operation[],
  { typenames, onNameless }: ManifestOptions,
): readonly ManifestEntry[] {
  const problems: string[] = [];
  const defined = found.flatMap(({ document, at }) =>
    document.definitions.map((node) => ({ node: node as Definition, at: lineOf(at, node as Definition) })),
  );
  const fragments = byName(defined.filter(isFragment), problems);
  const nameless = defined.filter(({ node }) => node.name === undefined).map(({ at }) => placeOf(at));
  for (const place of new Set(nameless)) onNameless(place);
  const operations = byName(defined.filter(isOperation), problems);
  const entries = [...operations].map(([name, { node, at }]): ManifestEntry => {
    const used = new Map<string, FragmentDefinitionNode>();
    collect(node, fragments, used, (missing) =>
      problems.push(`${placeOf(at)}: ${name} uses the fragment ${missing}, which stands nowhere.`),
    );
    const whole: DocumentNode = { kind: Kind.DOCUMENT, definitions: [node, ...used.values()] };
    const body = print(typenames ? withTypenames(whole) : whole);
    return { id: hashText(body), body, name, type: node.operation };
  });
  if (problems.length > 0) throw new ManifestProblems(problems.join('\n'));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const formats = {
  apollo: (operations: readonly ManifestEntry[]) => ({ format: apolloFormat, version: 1, operations }),
  relay: (operations: readonly ManifestEntry[]) =>
    Object.fromEntries(operations.map(({ id, body }) => [id, body])),
} as const;

const isFragment = (one: Defined<Definition>): one is Defined<FragmentDefinitionNode> =>
  one.node.kind === Kind.FRAGMENT_DEFINITION;
const isOperation = (one: Defined<Definition>): one is Defined<OperationDefinitionNode> =>
  one.node.kind === Kind.OPERATION_DEFINITION;

/** One that stands in several places, alike, counts once. */
function byName<T extends Definition>(
  all: readonly Defined<T>[],
  problems: string[],
): ReadonlyMap<string, Defined<T>> {
  const known = new Map<string, Defined<T>>();
  for (const one of all) {
    const name = one.node.name?.value;
    if (name === undefined) continue;
    const other = known.get(name);
    if (!other) known.set(name, one);
    else if (print(other.node) !== print(one.node))
      problems.push(`${placeOf(one.at)}: ${name} is another one than at ${placeOf(other.at)}.`);
  }
  return known;
}

function collect(
  node: Definition,
  fragments: ReadonlyMap<string, Defined<FragmentDefinitionNode>>,
  used: Map<string, FragmentDefinitionNode>,
  onMissing: (name: string) => void,
): void {
  visit(node, {
    FragmentSpread({ name: { value: name } }) {
      const fragment = fragments.get(name)?.node;
      if (!fragment) return onMissing(name);
      if (used.has(name)) return;
      used.set(name, fragment);
      collect(fragment, fragments, used, onMissing);
    },
  });
}

const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } } as const;

/** Everywhere but at the root, where it says nothing. */
function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(node, _key, parent) {
        if (parent && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION) return undefined;
        const asks = node.selections.some(
          (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
        );
        return asks ? undefined : { ...node, selections: [...node.selections, typename] };
      },
    },
  });
}

const placeOf = ({ file, line }: SourceLine): string => `${file}:${line}`;
const lineOf = (at: SourceLine, node: Definition): SourceLine => ({
  ...at,
  line: at.line + (node.loc?.startToken.line ?? 1) - 1,
});
