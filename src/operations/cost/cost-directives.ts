/** Reads federation's `@cost` and `@listSize` of the SDL. */
import {
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type FieldNode,
  type GraphQLField,
  type ValueNode,
} from 'graphql';
import type { Variables } from '../../realtime/prepared-operation.ts';

/** How many items a list has at the most, as one use of its field asks for them. */
export type ListSize = (node: FieldNode, variables: Variables) => number;

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/** What `@cost` says of a field or a type; undefined where there is none. */
export function readWeight(node: Directed | null | undefined): number | undefined {
  const weight = readArguments(node, 'cost')?.['weight'];
  return weight === undefined ? undefined : Number(weight);
}

export const entitiesField = '_entities';

/** Lists with an answer for each thing that is given: by field, the argument that gives them. */
const givenLists: Readonly<Record<string, string>> = {
  [entitiesField]: 'representations',
  streamPlaces: 'streams',
};

export function createListSize(field: GraphQLField<unknown, unknown>, maxPageSize: number): ListSize {
  const given = givenLists[field.name];
  if (given !== undefined) return (node, variables) => lengthOf(valueOf(node, given), variables);
  const { assumedSize, slicingArguments = [] } = (readArguments(field.astNode, 'listSize') ?? {}) as {
    readonly assumedSize?: number;
    readonly slicingArguments?: readonly string[];
  };
  // What stands for a size that is not given is the argument's own default: to say it twice is refused by some compositions.
  const defaults = field.args.flatMap(({ name, defaultValue }) =>
    slicingArguments.includes(name) && typeof defaultValue === 'number' ? [defaultValue] : [],
  );
  const fallback = Math.min(assumedSize ?? Math.max(1, ...defaults), maxPageSize);
  return (node, variables) => {
    const sizes = slicingArguments.flatMap((name) => {
      const size = numberOf(valueOf(node, name), variables);
      return size === undefined ? [] : [size];
    });
    // What is out of range is refused by the field itself, before it reads anything.
    return sizes.length === 0 ? fallback : Math.min(Math.max(0, ...sizes), maxPageSize);
  };
}

/** The lists within what a field gives whose size is that of the field: `edges` of a connection. */
export function readSizedFields(node: Directed | null | undefined): readonly string[] {
  return (readArguments(node, 'listSize')?.['sizedFields'] as readonly string[] | undefined) ?? [];
}

function readArguments(node: Directed | null | undefined, name: string): Variables | undefined {
  const directive = node?.directives?.find((candidate) => candidate.name.value === name);
  return (
    directive &&
    Object.fromEntries(
      (directive.arguments ?? []).map((argument) => [
        argument.name.value,
        valueFromASTUntyped(argument.value),
      ]),
    )
  );
}

function valueOf(node: FieldNode, name: string): ValueNode | undefined {
  return node.arguments?.find((argument) => argument.name.value === name)?.value;
}

function numberOf(value: ValueNode | undefined, variables: Variables): number | undefined {
  if (value?.kind === Kind.INT) return Number(value.value);
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const given = Object.hasOwn(variables, value.name.value) ? variables[value.name.value] : undefined;
  return typeof given === 'number' && !Number.isNaN(given) ? given : undefined;
}

function lengthOf(value: ValueNode | undefined, variables: Variables): number {
  if (value?.kind === Kind.LIST) return value.values.length;
  if (value?.kind !== Kind.VARIABLE) return 1;
  const given = Object.hasOwn(variables, value.name.value) ? variables[value.name.value] : undefined;
  return Array.isArray(given) ? given.length : 1;
}
