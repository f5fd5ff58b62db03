/** Reads schema/acknowledged.yaml: the breaking changes that may be released, the hints that are meant, and why. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import type { Finding } from '../../supergraph/compose.ts';
import { schemaFolder, type SourceLine } from '../../supergraph/sdl-files.ts';
import type { SchemaChange } from './change.ts';

export const acknowledgedPath = `${schemaFolder}/acknowledged.yaml`;

const format = z.array(
  z.strictObject({
    kind: z.string().min(1),
    path: z.string().min(1),
    reason: z.string().refine((reason) => reason.trim() !== '', 'must say why'),
  }),
);

export type Acknowledgement = z.infer<typeof format>[number] & { readonly at: SourceLine };

/** The file cannot be used. The message is meant for the user. */
export class AcknowledgementError extends Error {}

/** @throws AcknowledgementError */
export function readAcknowledgements(root: string): readonly Acknowledgement[] {
  const file = join(root, acknowledgedPath);
  if (!existsSync(file)) return [];
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines });
  const [mistake] = document.errors;
  if (mistake) throw new AcknowledgementError(`${acknowledgedPath} is not valid YAML: ${mistake.message}`);
  const result = format.safeParse(document.toJS() ?? []);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${placeOf(path)}${message}`);
    throw new AcknowledgementError(`${acknowledgedPath} cannot be used: ${problems.join('; ')}.`);
  }
  const items = isSeq<{ readonly range?: readonly number[] | null }>(document.contents)
    ? document.contents.items
    : [];
  return result.data.map((entry, index) => {
    const { line } = lines.linePos(items[index]?.range?.[0] ?? 0);
    return { ...entry, at: { file: acknowledgedPath, line } };
  });
}

function placeOf([index, ...path]: readonly PropertyKey[]): string {
  if (typeof index !== 'number') return '';
  return `entry ${index + 1}${path.length > 0 ? `, ${path.join('.')}` : ''}: `;
}

export function isAcknowledgedBy(change: SchemaChange, { kind, path }: Acknowledgement): boolean {
  return change.level === 'breaking' && change.kind === kind && change.path === path;
}

export function isHintAcknowledgedBy(
  { code, coordinate }: Finding,
  { kind, path }: Acknowledgement,
): boolean {
  return code === kind && coordinate === path;
}

/** The entries that would acknowledge these changes, for the user to paste into the file. */
export function draftAcknowledgements(changes: readonly SchemaChange[]): string {
  const entries = changes.map(({ kind, path }) => ({ kind, path, reason: '…' }));
  return stringify(entries, { lineWidth: 0 }).trimEnd();
}
