/** Reads schema/acknowledged.yaml: the breaking changes that may be released, and why. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml, stringify, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { schemaFolder } from '../../supergraph/sdl-files.ts';
import type { SchemaChange } from './change.ts';

export const acknowledgedPath = `${schemaFolder}/acknowledged.yaml`;

const format = z.array(
  z.strictObject({
    kind: z.string().min(1),
    path: z.string().min(1),
    reason: z.string().refine((reason) => reason.trim() !== '', 'must say why'),
  }),
);

export type Acknowledgement = z.infer<typeof format>[number];

/** The file cannot be used. The message is meant for the user. */
export class AcknowledgementError extends Error {}

/** @throws AcknowledgementError */
export function readAcknowledgements(root: string): readonly Acknowledgement[] {
  const file = join(root, acknowledgedPath);
  if (!existsSync(file)) return [];
  try {
    const result = format.safeParse(parseYaml(readFileSync(file, 'utf8')) ?? []);
    if (result.success) return result.data;
    const problems = result.error.issues.map(({ path, message }) => `${placeOf(path)}${message}`);
    throw new AcknowledgementError(`${acknowledgedPath} cannot be used: ${problems.join('; ')}.`);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new AcknowledgementError(`${acknowledgedPath} is not valid YAML: ${error.message}`, {
      cause: error,
    });
  }
}

function placeOf([index, ...path]: readonly PropertyKey[]): string {
  if (typeof index !== 'number') return '';
  return `entry ${index + 1}${path.length > 0 ? `, ${path.join('.')}` : ''}: `;
}

export function isAcknowledgedBy(change: SchemaChange, { kind, path }: Acknowledgement): boolean {
  return change.level === 'breaking' && change.kind === kind && change.path === path;
}

/** The entries that would acknowledge these changes, for the user to paste into the file. */
export function draftAcknowledgements(changes: readonly SchemaChange[]): string {
  const entries = changes.map(({ kind, path }) => ({ kind, path, reason: '…' }));
  return stringify(entries, { lineWidth: 0 }).trimEnd();
}
