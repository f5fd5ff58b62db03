/** Composes subgraphs into a supergraph, or says in which lines they do not fit together. */
import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, Source, type ASTNode, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Subgraph } from './config.ts';
import { originOf, type SourceLine } from './sdl-files.ts';

/** An error or a hint of composition. */
export interface Finding {
  /** A code of Apollo's documentation, such as `INVALID_FIELD_SHARING`. */
  readonly code: string;
  readonly message: string;
  /** The part of the schema that it is about; null where it is about none or several. */
  readonly coordinate: string | null;
  readonly at: readonly SourceLine[];
}

export interface Composition {
  /** False when the text of a subgraph is not GraphQL; composition was not tried then. */
  readonly isReadable: boolean;
  /** Null when there are errors. */
  readonly supergraphSdl: string | null;
  /** What clients of the supergraph see; null when there are errors. */
  readonly clientSchema: GraphQLSchema | null;
  readonly errors: readonly Finding[];
  readonly hints: readonly Finding[];
}

export function compose(subgraphs: readonly Subgraph[]): Composition {
  const services: { name: string; url: string; typeDefs: DocumentNode }[] = [];
  const syntaxErrors: Finding[] = [];
  const locate = (node: ASTNode) => lineOf(node, subgraphs);
  for (const { name, url, path, sdl } of subgraphs) {
    try {
      services.push({ name, url, typeDefs: parse(new Source(sdl, path)) });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const line = error.locations?.[0]?.line ?? 1;
      const at = [originOf(sdl, line) ?? { file: path, line }];
      const message = `[${name}] ${error.message}`;
      syntaxErrors.push({ code: 'SYNTAX_ERROR', message, coordinate: null, at });
    }
  }
  if (syntaxErrors.length > 0)
    return { isReadable: false, supergraphSdl: null, clientSchema: null, errors: syntaxErrors, hints: [] };
  const { supergraphSdl, schema, errors = [], hints = [] } = composeServices(services);
  return {
    isReadable: true,
    supergraphSdl: supergraphSdl ?? null,
    clientSchema: schema?.toAPISchema().toGraphQLJSSchema() ?? null,
    errors: errors.map((error) => ({
      code: String(error.extensions['code'] ?? 'UNKNOWN'),
      message: error.message,
      coordinate: null,
      at: linesOf(error.nodes ?? [], locate),
    })),
    hints: hints.map((hint) => ({
      code: hint.definition.code,
      message: hint.message,
      coordinate: hint.coordinate ?? null,
      at: linesOf(hint.nodes ?? [], locate),
    })),
  };
}

function linesOf(
  nodes: readonly ASTNode[],
  locate: (node: ASTNode) => SourceLine | undefined,
): readonly SourceLine[] {
  const lines = nodes.map(locate).filter((line) => line !== undefined);
  return [...new Map(lines.map((line) => [`${line.file}:${line.line}`, line])).values()];
}

/** The line to change: when the file was merged from schema/, the line in schema/. */
function lineOf(node: ASTNode, subgraphs: readonly Subgraph[]): SourceLine | undefined {
  if (!node.loc) return undefined;
  const file = node.loc.source.name;
  const { line } = node.loc.startToken;
  const { sdl } = subgraphs.find(({ path }) => path === file) ?? {};
  return sdl === undefined ? undefined : (originOf(sdl, line) ?? { file, line });
}

/** One finding as lines of plain text. */
export function formatFinding({ code, message, at }: Finding): string {
  return [`${code}: ${message}`, ...at.map(({ file, line }) => `    at ${file}:${line}`)].join('\n');
}
