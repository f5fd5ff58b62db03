/** Runs a whole review: reads the schema and the base, runs all checks, and returns their results in order. */
import type { GraphQLSchema } from 'graphql';
import { readSupergraph, type Subgraph } from '../supergraph/config.ts';
import { compose, type Composition } from '../supergraph/compose.ts';
import { mergedSdlPath, mergeSdl, readSdlFiles, type SdlFile } from '../supergraph/sdl-files.ts';
import { AcknowledgementError, readAcknowledgements, type Acknowledgement } from './changes/acknowledged.ts';
import { compareCosts } from './operations/compare-costs.ts';
import { costsCheck, costsTitle } from './report/costs-check.ts';
import { changesCheck, notCompared } from './report/changes-check.ts';
import type { Check } from './report/check.ts';
import {
  compositionCheck,
  driftCheck,
  lintCheck,
  operationsCheck,
  schemaCheck,
  skippedCheck,
} from './report/checks.ts';
import { compareSdl } from './changes/compare.ts';
import { findDrift } from './drift.ts';
import { readSdlFilesAt, type Base, type NoBase } from './git.ts';
import { lintSchema } from './lint.ts';
import { findOperations, type Operation } from './operations/find-operations.ts';
import { parseSdl, SdlError, type Sdl } from './sdl.ts';
import { indexUses } from './operations/uses.ts';
import { validateOperations } from './operations/validate-operations.ts';

/**
 * `root` is the project, and the working directory; `clients`: operations that are in use beside those of the project.
 *
 * @throws SupergraphConfigError
 */
export async function reviewSchema(
  root: string,
  base: Base | NoBase,
  clients: readonly Operation[] = [],
): Promise<readonly Check[]> {
  const files = readSdlFiles(root);
  const subgraphs = withSdl(readSupergraph(root, 'supergraph.yaml'), files);
  const composition = compose(subgraphs);
  const names = subgraphs.map(({ name }) => name);
  const acknowledged = readAcknowledged(root);
  const composed = compositionCheck(composition, names, acknowledged.acknowledgements);
  const head = readSdl(files);
  if (!isSdl(head)) {
    const skipped = ['Lint', 'Changes', 'Generated files', 'Operations', costsTitle].map(skippedCheck);
    return [schemaCheck(head.problems), composed, ...skipped];
  }
  const reviewed = await reviewChanges({
    ...{ root, base, head, subgraphs, composition, acknowledged, clients },
  });
  const { changes, operations, invalid, costs } = reviewed;
  const linted = lintCheck(await lintSchema(root));
  const drift = driftCheck(await findDrift(root, invalid));
  return [linted, composed, changes, drift, operations, costs];
}

/** Takes this subgraph's SDL from `files`, not from the merged file: whether that is up to date is another check. */
function withSdl(subgraphs: readonly Subgraph[], files: readonly SdlFile[]): readonly Subgraph[] {
  return subgraphs.map((subgraph) =>
    subgraph.path === mergedSdlPath ? { ...subgraph, sdl: mergeSdl(files) } : subgraph,
  );
}

/** The schemas in which an operation may be valid: this service's, and that of the supergraph if it composes. */
function schemasOf({ served }: Sdl, { clientSchema }: Composition): readonly GraphQLSchema[] {
  return clientSchema ? [served, clientSchema] : [served];
}

/** Returns the schema, or what is wrong with it. */
function readSdl(files: readonly SdlFile[]): Sdl | SdlError {
  try {
    return parseSdl(files);
  } catch (error) {
    if (error instanceof SdlError) return error;
    throw error;
  }
}

interface ChangesInput {
  readonly root: string;
  readonly base: Base | NoBase;
  readonly head: Sdl;
  readonly subgraphs: readonly Subgraph[];
  readonly composition: Composition;
  readonly acknowledged: Acknowledged;
  readonly clients: readonly Operation[];
}

/** Runs the checks that look at the operations of the repository, which say who uses a changed part. */
async function reviewChanges(input: ChangesInput) {
  const { root, base, head, subgraphs, composition, acknowledged, clients } = input;
  const { operations: own, unreadable } = findOperations(root);
  const operations = [...own, ...clients];
  const before = 'commit' in base ? readBaseSdl(root, base) : notCompared(base.reason);
  const schemas = schemasOf(head, composition);
  const schemasBefore = isSdl(before) ? schemasOf(before, compose(withSdl(subgraphs, before.files))) : [];
  const others = composition.isReadable ? subgraphs.filter(({ path }) => path !== mergedSdlPath) : [];
  const uses = indexUses(isSdl(before) ? schemasBefore : schemas, operations, others);
  const all = isSdl(before) ? await compareSdl(before, head) : [];
  const { acknowledgements, problem } = acknowledged;
  const hints = composition.errors.length > 0 ? null : composition.hints;
  const verdict = validateOperations(operations, { schemas, before: schemasBefore });
  return {
    changes: isSdl(before) ? changesCheck({ all, acknowledgements, hints, uses }, problem) : before,
    invalid: [...verdict.invalid, ...unreadable].map(({ at }) => at.file),
    operations: operationsCheck(verdict, unreadable),
    costs: isSdl(before)
      ? costsCheck(compareCosts(operations, before.served, head.served))
      : { ...before, title: costsTitle },
  };
}

function isSdl(before: Sdl | SdlError | Check): before is Sdl {
  return 'document' in before;
}

/** Returns the schema of the base, or a check that says why there is nothing to compare with. */
function readBaseSdl(root: string, { commit }: Base): Sdl | Check {
  const files = readSdlFilesAt(root, commit);
  if (files.length === 0) return notCompared('the base has no schema/');
  const sdl = readSdl(files);
  return isSdl(sdl)
    ? sdl
    : notCompared(`the base has no valid schema (${sdl.message.replaceAll(/\s+/g, ' ')})`, 'noticed');
}

interface Acknowledged {
  readonly acknowledgements: readonly Acknowledgement[];
  /** Why they cannot be read. */
  readonly problem: string | null;
}

function readAcknowledged(root: string): Acknowledged {
  try {
    return { acknowledgements: readAcknowledgements(root), problem: null };
  } catch (error) {
    if (error instanceof AcknowledgementError) return { acknowledgements: [], problem: error.message };
    throw error;
  }
}
