/** Compares the directives of two documents, such as keys, overrides and rate limits. */
import { Kind, print, type ConstDirectiveNode, type ConstValueNode } from 'graphql';
import type { SchemaChange } from './change.ts';
import { lineOf, type Part } from './coordinates.ts';
import { ruleOf, type Verdict } from './directive-rules.ts';

type Parts = ReadonlyMap<string, Part>;

interface Use {
  readonly name: string;
  readonly args: ReadonlyMap<string, string>;
  /** As SDL, with sorted arguments and single spaces, so that the same use always has the same text. */
  readonly text: string;
  readonly node: ConstDirectiveNode;
}

/**
 * Finds directives that were added, removed or changed on parts that both documents have, and on new parts only those that
 * matter even there (`mattersWhenNew`).
 */
export function compareDirectives(base: Parts, head: Parts): readonly SchemaChange[] {
  const changes: SchemaChange[] = [];
  for (const [coordinate, part] of head) {
    const before = base.get(coordinate);
    const come = usesOf(part).filter((use) => before || ruleOf(use.name).mattersWhenNew);
    changes.push(...changesOf(coordinate, part, before ? usesOf(before) : [], come));
  }
  return changes;
}

function changesOf(
  coordinate: string,
  part: Part,
  from: readonly Use[],
  to: readonly Use[],
): readonly SchemaChange[] {
  const gone = from.filter(({ text }) => !to.some((use) => use.text === text));
  const come = to.filter(({ text }) => !from.some((use) => use.text === text));
  const changes = gone.map((use) => {
    const { changed, removed } = ruleOf(use.name);
    const successor = come.findIndex((other) => isSameUse(use, other));
    const [next] = successor < 0 ? [] : come.splice(successor, 1);
    return next
      ? changeOf(coordinate, use, 'CHANGED', changed(use.args, next.args), lineOf(next.node), next)
      : changeOf(coordinate, use, 'REMOVED', removed, part.at);
  });
  for (const use of come)
    changes.push(changeOf(coordinate, use, 'ADDED', ruleOf(use.name).added, lineOf(use.node)));
  return changes;
}

function changeOf(
  coordinate: string,
  use: Use,
  what: 'ADDED' | 'REMOVED' | 'CHANGED',
  { level, why }: Verdict,
  at: SchemaChange['at'],
  next?: Use,
): SchemaChange {
  const kind = `${use.name.replace(/[A-Z]/g, '_$&').toUpperCase()}_${what}`;
  const event = next ? `became \`${next.text}\`` : `was ${what.toLowerCase()}`;
  const message = `\`${use.text}\` on \`${coordinate}\` ${event}`;
  return { kind, path: `${coordinate} ${use.text}`, level, message, why, at, isInBase: false };
}

function usesOf({ kind, directives }: Part): readonly Use[] {
  return directives.filter(({ name }) => !isReportedByDiff(name.value, kind)).map(readUse);
}

/** graphql-inspector's `diff` reports the deprecation of fields and enum values itself. */
function isReportedByDiff(name: string, kind: Kind): boolean {
  return name === 'deprecated' && (kind === Kind.FIELD_DEFINITION || kind === Kind.ENUM_VALUE_DEFINITION);
}

function readUse(node: ConstDirectiveNode): Use {
  const name = node.name.value;
  const args = new Map((node.arguments ?? []).map((arg) => [arg.name.value, readValue(arg.value)]));
  const list = [...args].sort(([a], [b]) => (a < b ? -1 : 1)).map(([arg, value]) => `${arg}: ${value}`);
  return { name, args, text: list.length > 0 ? `@${name}(${list.join(', ')})` : `@${name}`, node };
}

function readValue(value: ConstValueNode): string {
  if (value.kind !== Kind.STRING) return print(value);
  return JSON.stringify(value.value.trim().replaceAll(/\s+/g, ' '));
}

function isSameUse(a: Use, b: Use): boolean {
  if (a.name !== b.name) return false;
  const { identity } = ruleOf(a.name);
  return identity === undefined || a.args.get(identity) === b.args.get(identity);
}
