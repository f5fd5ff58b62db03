/** Owns the comparison of directives between two documents: keys, overrides, sharing, limits. */
import { print, type ConstDirectiveNode } from 'graphql';
import type { SchemaChange } from './change.ts';
import { lineOf, type Part } from './coordinates.ts';
import { ruleOf, type Verdict } from './directive-rules.ts';

type Parts = ReadonlyMap<string, Part>;

interface Use {
  readonly name: string;
  readonly args: ReadonlyMap<string, string>;
  readonly text: string;
  readonly node: ConstDirectiveNode;
}

export function compareDirectives(base: Parts, head: Parts): readonly SchemaChange[] {
  const changes: SchemaChange[] = [];
  for (const [coordinate, part] of head) {
    const before = base.get(coordinate);
    changes.push(...(before ? changesOf(coordinate, before, part) : arrivalsOf(coordinate, part)));
  }
  return changes;
}

function changesOf(coordinate: string, before: Part, after: Part): readonly SchemaChange[] {
  const from = usesOf(before);
  const to = usesOf(after);
  const gone = from.filter(({ text }) => !to.some((use) => use.text === text));
  const come = to.filter(({ text }) => !from.some((use) => use.text === text));
  const changes: SchemaChange[] = [];
  for (const use of gone) {
    if (isToldByTheDiff(coordinate, use, before)) continue;
    const successor = come.findIndex((other) => isSameUse(use, other));
    const [next] = successor < 0 ? [] : come.splice(successor, 1);
    const rule = ruleOf(use.name);
    changes.push(
      next
        ? change(coordinate, next, 'CHANGED', rule.changed(use.args, next.args), `${use.text} became ${next.text}`)
        : change(coordinate, use, 'REMOVED', rule.removed, `${use.text} was removed`),
    );
  }
  for (const use of come) {
    if (isToldByTheDiff(coordinate, use, after)) continue;
    changes.push(change(coordinate, use, 'ADDED', ruleOf(use.name).added, `${use.text} was added`));
  }
  return changes;
}

function arrivalsOf(coordinate: string, part: Part): readonly SchemaChange[] {
  return usesOf(part)
    .filter(({ name }) => ruleOf(name).mattersWhenNew)
    .map((use) => change(coordinate, use, 'ADDED', ruleOf(use.name).added, `${use.text} was added`));
}
