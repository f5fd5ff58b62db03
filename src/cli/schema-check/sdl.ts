/** Parses SDL files into a schema, whose parts know their file and line. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  buildASTSchema,
  concatAST,
  GraphQLError,
  Kind,
  parse,
  Source,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  type ObjectTypeExtensionNode,
} from 'graphql';
import { schemaFolder, type SdlFile, type SourceLine } from '../supergraph/sdl-files.ts';

export interface Sdl {
  readonly files: readonly SdlFile[];
  readonly document: DocumentNode;
  /** Without what federation adds, so that a comparison shows only what somebody wrote. */
  readonly plain: GraphQLSchema;
  /** As it is served, including `_entities` and `_service`. */
  readonly served: GraphQLSchema;
}

export interface SdlProblem {
  readonly message: string;
  readonly at: SourceLine;
}

/** The files are not a valid schema. */
export class SdlError extends Error {
  readonly problems: readonly SdlProblem[];

  constructor(problems: readonly SdlProblem[], options: ErrorOptions) {
    super(problems.map(({ message, at }) => `${at.file}:${at.line} ${message}`).join('\n'), options);
    this.problems = problems;
  }
}

/** @throws SdlError */
export function parseSdl(files: readonly SdlFile[]): Sdl {
  try {
    const document = concatAST(files.map(({ path, text }) => parse(new Source(text, path))));
    const served = buildSubgraphSchema([{ typeDefs: document }]);
    return {
      files,
      document,
      served,
      plain: buildASTSchema(withoutOrphans(document), { assumeValidSDL: true }),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new SdlError(problemsOf(error, files), { cause: error });
  }
}

/** Turns `extend type X` into a definition when X belongs to another subgraph: the schema would be invalid without one. */
function withoutOrphans(document: DocumentNode): DocumentNode {
  const defined = new Set(
    document.definitions.flatMap((node) =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION ? [node.name.value] : [],
    ),
  );
  const define = (node: DefinitionNode): DefinitionNode => {
    if (node.kind !== Kind.OBJECT_TYPE_EXTENSION || defined.has(node.name.value)) return node;
    defined.add(node.name.value);
    return { ...node, kind: Kind.OBJECT_TYPE_DEFINITION } satisfies Omit<ObjectTypeExtensionNode, 'kind'> & {
      kind: Kind.OBJECT_TYPE_DEFINITION;
    };
  };
  return { ...document, definitions: document.definitions.map(define) };
}

/** What is about no line in particular is said of the first one. */
function problemsOf(error: Error, [first]: readonly SdlFile[]): readonly SdlProblem[] {
  const somewhere = { file: first?.path ?? schemaFolder, line: 1 };
  // @apollo/subgraph throws all errors together, graphql-js only the first.
  const causes: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
  return causes.map((cause) => {
    if (!(cause instanceof GraphQLError))
      return { message: cause instanceof Error ? cause.message : String(cause), at: somewhere };
    const line = cause.locations?.[0]?.line;
    const file = cause.source?.name ?? cause.nodes?.[0]?.loc?.source.name;
    return { message: cause.message, at: file && line ? { file, line } : somewhere };
  });
}
