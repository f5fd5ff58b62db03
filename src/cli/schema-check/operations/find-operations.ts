/** Finds the GraphQL operations of the repository: in Markdown, in code, and in .graphql files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GraphQLError,
  Kind,
  parse,
  type DocumentNode,
  type ExecutableDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { ManifestError, parseManifests } from '../../../lib/operation-manifest.ts';
import { readGivenFile } from '../../command.ts';
import type { SourceLine } from '../../supergraph/sdl-files.ts';
import { readCodeBlocks } from './code-blocks.ts';
import { readTexts } from './template-text.ts';

export interface Operation {
  readonly document: DocumentNode;
  /** `subscription Board`, or `mutation { createDispatch }` for one without a name. */
  readonly label: string;
  /** The place of its first line; lines inside `document` are counted from there. */
  readonly at: SourceLine;
  /** Users copy what documentation and examples show, so it must be valid; code has operations that must be refused, too. */
  readonly origin: 'documentation' | 'code';
}

export interface FoundOperations {
  readonly operations: readonly Operation[];
  /** Files of GraphQL, and code blocks of the documentation that are marked as GraphQL, which do not parse. */
  readonly unreadable: readonly Unreadable[];
  /** The same of what has the tag gql or graphql in code: a part of it may be known only when that runs. */
  readonly unreadableTagged: readonly Unreadable[];
}

export interface Unreadable {
  readonly message: string;
  readonly at: SourceLine;
}

const livePackage = ['packages/live/dist', 'packages/live/src/generated'];
const ignored = ['node_modules', 'coverage', 'dist', 'schema', 'supergraph', 'src/generated', ...livePackage];
const read = /\.(md|graphql|gql|[cm]?[jt]sx?)$/;
const graphqlBlocks = ['graphql', 'gql'];
const codeBlocks = ['ts', 'tsx', 'js', 'jsx', 'mjs', 'typescript', 'javascript'];

export function findOperations(root: string): FoundOperations {
  const operations: Operation[] = [];
  const unreadable: Unreadable[] = [];
  const unreadableTagged: Unreadable[] = [];
  for (const file of listFiles(root)) {
    const origin = file.endsWith('.md') || file.startsWith('examples/') ? 'documentation' : 'code';
    const text = readFileSync(join(root, file), 'utf8');
    for (const { text: source, line, isGraphql, isTagged } of readSources(file, text)) {
      const at = { file, line };
      try {
        const operation = readOperation(source, isGraphql);
        if (operation) operations.push({ ...operation, at, origin });
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        const place = { file, line: line + (error.locations?.[0]?.line ?? 1) - 1 };
        if (isGraphql) unreadable.push({ message: error.message, at: place });
        else if (isTagged) unreadableTagged.push({ message: error.message, at: place });
      }
    }
  }
  return { operations, unreadable, unreadableTagged };
}

interface FoundSource {
  readonly text: string;
  readonly line: number;
  /** Whether the text is marked as GraphQL. A string in code only may be GraphQL. */
  readonly isGraphql: boolean;
  /** Whether a string in code has the tag gql or graphql. */
  readonly isTagged?: boolean;
}

/** The operations of a manifest, which frontends have in use: each must be valid. @throws ManifestError, GraphQLError */
export function readManifestOperations(file: string): readonly Operation[] {
  return [...parseManifests([readGivenFile(file)]).entries].map(([, text]) => {
    const operation = readOperation(text, true);
    if (!operation) throw new ManifestError('has a text that is no operation');
    return { ...operation, at: { file, line: 1 }, origin: 'documentation' };
  });
}

function readSources(file: string, text: string): readonly FoundSource[] {
  if (/\.(graphql|gql)$/.test(file)) return [{ text, line: 1, isGraphql: true }];
  if (!file.endsWith('.md')) return readCode(text, 1);
  return readCodeBlocks(text).flatMap((block) => {
    if (block.info.includes('not-checked')) return [];
    if (graphqlBlocks.includes(block.language)) return [{ ...block, isGraphql: true }];
    return codeBlocks.includes(block.language) ? readCode(block.text, block.line) : [];
  });
}

/** Most files do not match, and need not be parsed. */
const mayHoldOperations = /\b(query|mutation|subscription|fragment)\b|[`'"]\s*\{/;
const looksExecutable = /^\s*(#[^\n]*\n\s*)*(query|mutation|subscription|fragment|\{)/;

function readCode(code: string, firstLine: number): readonly FoundSource[] {
  if (!mayHoldOperations.test(code)) return [];
  return readTexts(code)
    .filter(({ text }) => looksExecutable.test(text))
    .map(({ text, line, isTagged }) => ({ text, line: line + firstLine - 1, isGraphql: false, isTagged }));
}

/** Null when it is SDL. @throws GraphQLError */
function readOperation(source: string, isGraphql: boolean): Pick<Operation, 'document' | 'label'> | null {
  if (!isGraphql && !looksExecutable.test(source)) return null;
  const document = parse(source);
  const executable = document.definitions.filter(isExecutable);
  if (executable.length < document.definitions.length) return null;
  const [first] = [...executable].sort((a, b) => Number(isFragment(a)) - Number(isFragment(b)));
  return { document, label: labelOf(first!) };
}

function isExecutable(node: DocumentNode['definitions'][number]): node is ExecutableDefinitionNode {
  return node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION;
}

function isFragment(node: ExecutableDefinitionNode): boolean {
  return node.kind === Kind.FRAGMENT_DEFINITION;
}

function labelOf(node: ExecutableDefinitionNode): string {
  if (node.kind === Kind.FRAGMENT_DEFINITION) return `fragment ${node.name.value}`;
  return `${node.operation} ${node.name?.value ?? `{ ${rootFieldsOf(node).join(' ')} }`}`;
}

function rootFieldsOf({ selectionSet }: OperationDefinitionNode): readonly string[] {
  const names = selectionSet.selections.map((node) => (node.kind === Kind.FIELD ? node.name.value : '…'));
  return names.length > 3 ? [...names.slice(0, 3), '…'] : names;
}

function listFiles(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.name.startsWith('.') || ignored.includes(path)) return [];
      if (entry.isDirectory()) return listFiles(root, path);
      return entry.isFile() && read.test(path) ? [path] : [];
    });
}
