/** Formats the SDL as Markdown: each type and field with its description. */
import {
  Kind,
  parse,
  print,
  type DefinitionNode,
  type DirectiveNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  type InputValueDefinitionNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type ScalarTypeDefinitionNode,
  type StringValueNode,
  type TypeNode,
} from 'graphql';
import type { SdlFile } from '../supergraph/sdl-files.ts';

const roots = { Query: 'Queries', Mutation: 'Mutations', Subscription: 'Subscriptions' } as const;
const builtIn = ['ID', 'String', 'Int', 'Float', 'Boolean'];

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

export function formatApiReference(files: readonly SdlFile[]): string {
  const definitions = files.flatMap(({ text }) => parse(text).definitions);
  const objects = definitions.filter(isObject);
  const parts = [
    '# API reference',
    '',
    'Made of [`schema/`](../schema) by `npm run docs:api`: change it there. How to use it is in the [README](../README.md) and',
    'in [frontend-developers.md](frontend-developers.md).',
    ...Object.entries(roots).flatMap(([type, title]) => formatRoot(title, fieldsOf(objects, type))),
    ...formatSection('Types', objectNames(objects), (name) => formatObject(name, objects)),
    ...formatSection('Inputs', definitions.filter(isInput), formatInput),
    ...formatSection('Enums', definitions.filter(isEnum), formatEnum),
    ...formatSection('Scalars', definitions.filter(isScalar), formatScalar),
  ];
  return `${parts.join('\n')}\n`;
}

const isObject = (node: DefinitionNode): node is ObjectNode =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
const isInput = (node: DefinitionNode): node is InputObjectTypeDefinitionNode =>
  node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION;
const isEnum = (node: DefinitionNode): node is EnumTypeDefinitionNode =>
  node.kind === Kind.ENUM_TYPE_DEFINITION;
const isScalar = (node: DefinitionNode): node is ScalarTypeDefinitionNode =>
  node.kind === Kind.SCALAR_TYPE_DEFINITION;

/** The fields of a type and of its extensions, which may be in other files. */
function fieldsOf(objects: readonly ObjectNode[], type: string): readonly FieldDefinitionNode[] {
  return objects.filter(({ name }) => name.value === type).flatMap(({ fields = [] }) => fields);
}

function objectNames(objects: readonly ObjectNode[]): string[] {
  const names = new Set(objects.map(({ name }) => name.value));
  return [...names].filter((name) => !(name in roots)).sort();
}

function formatSection<T>(title: string, items: readonly T[], format: (item: T) => string[]): string[] {
  return items.length === 0 ? [] : ['', `## ${title}`, ...items.flatMap(format)];
}

function formatRoot(title: string, fields: readonly FieldDefinitionNode[]): string[] {
  const sorted = fields.toSorted((a, b) => a.name.value.localeCompare(b.name.value));
  return formatSection(title, sorted, (field) => {
    const { name, description, arguments: args = [], type, directives = [] } = field;
    return [
      ...[
        '',
        `### ${name.value}`,
        '',
        textOf(description),
        '',
        `Answers ${linkOf(type)}.${noteOf(directives)}`,
      ],
      ...formatInputValues('argument', args),
    ];
  });
}

function formatObject(type: string, objects: readonly ObjectNode[]): string[] {
  const nodes = objects.filter(({ name }) => name.value === type);
  const descriptions = nodes.flatMap((node) => ('description' in node ? [node.description] : []));
  const keys = nodes.flatMap(({ directives = [] }) => directives).filter(({ name }) => name.value === 'key');
  const rows = fieldsOf(objects, type).map((field) => [
    `\`${field.name.value}\``,
    linkOf(field.type),
    [cell(field.description), ...(field.arguments ?? []).map(formatArgument)].join('<br>') +
      noteOf(field.directives ?? []),
  ]);
  const key = keys.map((directive) => `An entity: \`${print(directive)}\`.`);
  return [
    ...['', `### ${type}`, '', ...descriptions.map(textOf), ...key.flatMap((line) => ['', line])],
    ...formatTable(['field', 'type', 'meaning'], rows),
  ];
}

function formatArgument(argument: InputValueDefinitionNode): string {
  const { name, type, description, defaultValue } = argument;
  const by = defaultValue ? ` = ${print(defaultValue)}` : '';
  return `\`${name.value}: ${print(type)}${by}\`: ${cell(description)}`;
}

function formatInput({ name, description, fields = [] }: InputObjectTypeDefinitionNode): string[] {
  return ['', `### ${name.value}`, '', textOf(description), ...formatInputValues('field', fields)];
}

/** `what` is the title of the column of names. */
function formatInputValues(what: string, values: readonly InputValueDefinitionNode[]): string[] {
  const rows = values.map((value) => [
    `\`${value.name.value}\``,
    linkOf(value.type),
    defaultOf(value),
    cell(value.description),
  ]);
  return formatTable([what, 'type', 'default', 'meaning'], rows);
}

function formatEnum({ name, description, values = [] }: EnumTypeDefinitionNode): string[] {
  const rows = values.map((value) => [`\`${value.name.value}\``, cell(value.description)]);
  return ['', `### ${name.value}`, '', textOf(description), ...formatTable(['value', 'meaning'], rows)];
}

function formatScalar({ name, description }: ScalarTypeDefinitionNode): string[] {
  return ['', `### ${name.value}`, '', textOf(description)];
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)];
}

const textOf = (description: StringValueNode | undefined): string => description?.value.trim() ?? '';
const cell = (description: StringValueNode | undefined): string =>
  textOf(description)
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');
const defaultOf = ({ defaultValue }: InputValueDefinitionNode): string =>
  defaultValue ? `\`${print(defaultValue)}\`` : '';

/** The type as a link to its description, with the signs for lists and non-null. */
function linkOf(type: TypeNode): string {
  const text = print(type);
  const name = text.replaceAll(/[[\]!]/g, '');
  return builtIn.includes(name) ? `\`${text}\`` : `[\`${text}\`](#${name.toLowerCase()})`;
}

/** What clients should know about the directives of a field. */
function noteOf(directives: readonly DirectiveNode[]): string {
  return directives.map(formatDirective).join('');
}

function formatDirective({ name, arguments: args = [] }: DirectiveNode): string {
  const valueOf = (argument: string) => {
    const node = args.find((one) => one.name.value === argument);
    return node ? print(node.value) : '';
  };
  if (name.value === 'rateLimit')
    return ` At most ${valueOf('limit')} times in ${valueOf('duration')} s for each viewer.`;
  if (name.value === 'deprecated') return ` **Deprecated**: ${valueOf('reason')}.`;
  return '';
}
