/** Compares two schemas: finds every change and how bad it is, for clients and for other subgraphs. */
import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import { Kind, type DocumentNode } from 'graphql';
import type { SchemaChange } from './change.ts';
import { partsOf, schemaCoordinate, type Part } from './coordinates.ts';
import { compareDirectives } from './directive-changes.ts';
import type { Level } from './directive-rules.ts';
import { findRenames, type Renames } from './renamed.ts';
import { touchedByRequirement } from '../operations/uses.ts';
import type { Sdl } from '../sdl.ts';

const levels: readonly Level[] = ['breaking', 'dangerous', 'safe'];

/** Additions. What changes inside a new part (its arguments, its directives) is not reported beside them. */
const additions: readonly string[] = [
  ChangeType.TypeAdded,
  ChangeType.FieldAdded,
  ChangeType.FieldArgumentAdded,
  ChangeType.InputFieldAdded,
  ChangeType.EnumValueAdded,
  ChangeType.DirectiveAdded,
];

/** New ones break who does not pass them, unless they may be left out. */
const optionalParts: readonly string[] = [ChangeType.FieldArgumentAdded, ChangeType.InputFieldAdded];

/** What changes mean for those who notice them; used instead of the longer reasons of graphql-inspector. */
const reasons: Readonly<Record<string, string>> = {
  [ChangeType.EnumValueAdded]: 'Clients can be sent a value they do not know.',
  [ChangeType.EnumValueRemoved]: 'Operations that pass it are refused.',
  [ChangeType.FieldArgumentAdded]: 'Operations that use the field without it are refused.',
  [ChangeType.FieldArgumentDefaultChanged]: 'Operations that leave it out get another result.',
  [ChangeType.FieldArgumentRemoved]: 'Operations that pass it are refused.',
  [ChangeType.FieldArgumentTypeChanged]: 'Operations that pass a value as before, or none, can be refused.',
  [ChangeType.FieldRemoved]: 'Operations that select it are refused.',
  [ChangeType.FieldTypeChanged]: 'Clients get values of a type that they do not expect.',
  [ChangeType.InputFieldAdded]: 'Operations that pass the input without it are refused.',
  [ChangeType.InputFieldDefaultValueChanged]: 'Operations that leave it out have another effect.',
  [ChangeType.InputFieldRemoved]: 'Operations that pass it are refused.',
  [ChangeType.InputFieldTypeChanged]: 'Operations that pass a value as before, or none, can be refused.',
  [ChangeType.TypeRemoved]:
    'Operations that name it are refused; other subgraphs that refer to it no longer compose.',
};

/** The worst changes come first; those of one level are in the order of the files. */
export async function compareSdl(base: Sdl, head: Sdl): Promise<readonly SchemaChange[]> {
  const parts = { base: partsOf(base.document), head: partsOf(head.document) };
  const renames = findRenames(base.plain, head.plain);
  const found = (await diff(base.plain, head.plain))
    // Directives are compared by compareDirectives, which knows what they mean.
    .filter(({ type }) => !String(type).startsWith('DIRECTIVE_USAGE_'))
    .filter((change, _, all) => !isPartOfAddition(change, all))
    .map((change) => ({
      ...schemaChangeOf(change, parts, executableDirectives(base.document)),
      ...touchesOf(change, renames),
    }));
  return [...found, ...compareDirectives(parts.base, parts.head)].sort(byLevelAndPlace);
}

/** Said where the kind of a change does not say who notices it. */
function touchesOf(change: Change, renames: Renames): Pick<SchemaChange, 'touches'> {
  const [from, to] = typesOf(change);
  if (from === undefined || to === undefined) return {};
  const [name = ''] = /\w+/.exec(from) ?? [];
  const renamed = renames.get(name);
  // Whoever does not name the type sees no difference.
  if (renamed !== undefined && from.replace(name, renamed) === to) return { touches: [name] };
  const isRequired = to.endsWith('!') && !from.endsWith('!');
  const isInput = change.type !== ChangeType.FieldTypeChanged;
  return isInput && isRequired ? { touches: touchedByRequirement(pathOf(change)) } : {};
}

/** The type before and the one after, where that is what has changed. */
function typesOf({ type, meta }: Change): readonly (string | undefined)[] {
  const said = meta as Readonly<Record<string, string | undefined>>;
  switch (type) {
    case ChangeType.FieldTypeChanged:
      return [said['oldFieldType'], said['newFieldType']];
    case ChangeType.FieldArgumentTypeChanged:
      return [said['oldArgumentType'], said['newArgumentType']];
    case ChangeType.InputFieldTypeChanged:
      return [said['oldInputFieldType'], said['newInputFieldType']];
    default:
      return [];
  }
}

function isPartOfAddition(change: Change, all: readonly Change[]): boolean {
  const path = pathOf(change);
  return all.some((other) => {
    if (other === change || !additions.includes(other.type)) return false;
    const added = pathOf(other);
    return path.startsWith(`${added}.`) || (path === added && !additions.includes(change.type));
  });
}

function schemaChangeOf(
  change: Change,
  parts: Record<'base' | 'head', ReadonlyMap<string, Part>>,
  executable: ReadonlySet<string>,
): SchemaChange {
  const path = pathOf(change);
  const isInBase = !parts.head.has(path);
  const at = (parts.head.get(path) ?? parts.base.get(path))?.at ?? { file: 'schema', line: 1 };
  const { level, why } = verdictOf(change, path, executable);
  return { kind: change.type as string, path, level, message: messageOf(change, path), why, at, isInBase };
}

function verdictOf(change: Change, path: string, executable: ReadonlySet<string>) {
  const { level, reason } = change.criticality;
  // What may be left out breaks nothing: graphql-inspector only doubts that the resolver has not changed.
  const isOptional = level === CriticalityLevel.Dangerous && optionalParts.includes(change.type);
  if (level === CriticalityLevel.NonBreaking || isOptional) return { level: 'safe' as const, why: null };
  const [directive = ''] = path.split('.');
  if (directive.startsWith('@') && !executable.has(directive)) {
    // Clients cannot write it and routers do not see it; only this service acts on it.
    return {
      level: 'dangerous' as const,
      why: 'Only schema/ uses this directive: look at its uses there.',
    };
  }
  return {
    level: level === CriticalityLevel.Breaking ? ('breaking' as const) : ('dangerous' as const),
    why: reasons[change.type] ?? reason ?? null,
  };
}

/** `@name` of the directives that clients may write into an operation. */
function executableDirectives(document: DocumentNode): ReadonlySet<string> {
  const forClients = [
    'QUERY',
    'MUTATION',
    'SUBSCRIPTION',
    'FIELD',
    'FRAGMENT_DEFINITION',
    'FRAGMENT_SPREAD',
    'INLINE_FRAGMENT',
    'VARIABLE_DEFINITION',
  ];
  return new Set(
    document.definitions.flatMap((node) =>
      node.kind === Kind.DIRECTIVE_DEFINITION &&
      node.locations.some(({ value }) => forClients.includes(value))
        ? [`@${node.name.value}`]
        : [],
    ),
  );
}

function pathOf({ path }: Change): string {
  return path?.replace(/\.@deprecated$/, '') ?? schemaCoordinate;
}

function messageOf({ type, message }: Change, path: string): string {
  const kind = String(type);
  if (/DESCRIPTION_(ADDED|REMOVED|CHANGED)$/.test(kind))
    return `Description of \`${path}\` was ${kind.split('_').at(-1)!.toLowerCase()}`;
  return message.replaceAll(/'"?([@\w.!\[\]: ]+)"?'/g, '`$1`');
}

function byLevelAndPlace(a: SchemaChange, b: SchemaChange): number {
  return (
    levels.indexOf(a.level) - levels.indexOf(b.level) ||
    a.at.file.localeCompare(b.at.file) ||
    a.at.line - b.at.line ||
    a.path.localeCompare(b.path)
  );
}
