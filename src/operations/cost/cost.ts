/**
 * What an operation costs, worked out from its text and its arguments before anything is executed.
 *
 * The figures are those of the directives `@cost` and `@listSize` in the SDL, with the defaults and the formula of
 * Apollo's demand control, so that a router that has it comes to the same sum: an object costs 1, a leaf 0, a mutation 10
 * more; a list costs its size times what one item costs.
 * https://www.apollographql.com/docs/graphos/routing/security/demand-control
 */
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  typeFromAST,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { PreparedOperation, Variables } from '../../realtime/prepared-operation.ts';
import {
  createListSize,
  entitiesField,
  readSizedFields,
  readWeight,
  type ListSize,
} from './cost-directives.ts';

export interface OperationCost {
  /** In the units of the directives. */
  readonly cost: number;
  /** Values of all kinds that the result can have, leaves included: what bounds its size beside the length of texts. */
  readonly values: number;
  /** References to entities that are to be resolved, over all uses of `_entities`. */
  readonly references: number;
}

/** What is looked at of an operation. */
type CostedOperation = Pick<PreparedOperation, 'document' | 'definition'>;

/** Works out the cost for given variables. */
type Estimate = (variables: Variables) => OperationCost;

export interface CostModelOptions {
  /** No list is longer, whatever its arguments ask for. */
  readonly maxPageSize: number;
}

const nothing: OperationCost = { cost: 0, values: 0, references: 0 };
const mutationWeight = 10;

interface FieldCost {
  readonly weight: number;
  /** Null for what is no list, and gives no other one its size. */
  readonly size: ListSize | null;
  /** The lists within it whose size it gives, instead of being one. */
  readonly sizedFields: readonly string[];
}

/** A field that gives those within it their size. */
interface Sizing {
  readonly names: readonly string[];
  readonly node: FieldNode;
  readonly size: ListSize;
}

interface Scope {
  readonly document: DocumentNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

export class CostModel {
  readonly #schema: GraphQLSchema;
  readonly #options: CostModelOptions;
  readonly #fields = new WeakMap<GraphQLField<unknown, unknown>, FieldCost>();
  readonly #estimates = new WeakMap<CostedOperation, Estimate>();

  constructor(schema: GraphQLSchema, options: CostModelOptions) {
    this.#schema = schema;
    this.#options = options;
  }

  /** Of an operation that was validated, with the variables that it is asked with. */
  of(operation: CostedOperation, variables: Variables): OperationCost {
    let estimate = this.#estimates.get(operation);
    if (!estimate) {
      estimate = this.#prepare(operation);
      this.#estimates.set(operation, estimate);
    }
    return estimate(variables);
  }

  #prepare({ document, definition }: CostedOperation): Estimate {
    const root = this.#schema.getRootType(definition.operation);
    if (!root) throw new Error(`The schema has no root type for a ${definition.operation}.`);
    const fragments = new Map(
      document.definitions
        .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
        .map((node) => [node.name.value, node]),
    );
    const defaults = Object.fromEntries(
      (definition.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
        defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
      ),
    );
    const estimate = this.#ofSelections([definition.selectionSet], root, { document, fragments });
    const base = definition.operation === 'mutation' ? mutationWeight : 0;
    const hasDefaults = Object.keys(defaults).length > 0;
    return (given) => {
      const { cost, values, references } = estimate(hasDefaults ? { ...defaults, ...given } : given);
      return { cost: cost + base * definition.selectionSet.selections.length, values, references };
    };
  }

  #ofSelections(
    sets: readonly SelectionSetNode[],
    type: GraphQLNamedType,
    scope: Scope,
    sizing: Sizing | null = null,
  ): Estimate {
    const estimates: Estimate[] = [];
    let leaves = 0;
    for (const { parent, nodes } of collectFields(this.#schema, sets, type, scope).values()) {
      const isSized = sizing?.names.includes(nodes[0]!.name.value);
      const estimate = this.#ofField(parent, nodes, scope, isSized ? sizing : null);
      if (estimate) estimates.push(estimate);
      else leaves += 1;
    }
    return (variables) => {
      let cost = 0;
      let values = leaves;
      let references = 0;
      for (const estimate of estimates) {
        const part = estimate(variables);
        cost += part.cost;
        values += part.values;
        references += part.references;
      }
      return { cost, values, references };
    };
  }

  /** Null for a single leaf that costs nothing. */
  #ofField(
    parent: GraphQLNamedType,
    nodes: readonly FieldNode[],
    scope: Scope,
    sizedBy: Sizing | null,
  ): Estimate | null {
    const node = nodes[0]!;
    const field = fieldOf(parent, node.name.value);
    if (!field) return null;
    const { weight, size, sizedFields: names } = this.#costOf(field);
    const type = getNamedType(field.type);
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const sizing = size && names.length > 0 ? { names, node, size } : null;
    const inner = isCompositeType(type) ? this.#ofSelections(sets, type, scope, sizing) : null;
    const list = sizedBy ?? (size && !sizing ? { node, size } : null);
    if (!inner && !list && weight === 0) return null;
    return (variables) => {
      const count = list ? list.size(list.node, variables) : 1;
      const item = inner ? inner(variables) : nothing;
      return {
        cost: count * (weight + item.cost),
        values: count * (1 + item.values),
        references: field.name === entitiesField ? count : 0,
      };
    };
  }

  #costOf(field: GraphQLField<unknown, unknown>): FieldCost {
    const known = this.#fields.get(field);
    if (known) return known;
    const type = getNamedType(field.type);
    const weight = readWeight(field.astNode) ?? readWeight(type.astNode) ?? (isCompositeType(type) ? 1 : 0);
    const isList = isListType(getNullableType(field.type));
    const sizedFields = readSizedFields(field.astNode);
    const givesSizes = isList || sizedFields.length > 0;
    const size = givesSizes ? createListSize(field, this.#options.maxPageSize) : null;
    const cost = { weight, size, sizedFields };
    this.#fields.set(field, cost);
    return cost;
  }
}

interface Collected {
  readonly parent: GraphQLNamedType;
  readonly nodes: FieldNode[];
}

/** Fields by the name that they have in the result: what is selected twice is executed once. Conditions count as met. */
function collectFields(
  schema: GraphQLSchema,
  sets: readonly SelectionSetNode[],
  type: GraphQLNamedType,
  { fragments }: Scope,
): Map<string, Collected> {
  const fields = new Map<string, Collected>();
  const seen = new Set<string>();
  const collect = ({ selections }: SelectionSetNode, parent: GraphQLNamedType): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const key = `${parent.name}.${name}`;
        const known = fields.get(key);
        if (known) known.nodes.push(selection);
        else fields.set(key, { parent, nodes: [selection] });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition && typeFromAST(schema, selection.typeCondition);
        collect(selection.selectionSet, condition ?? parent);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (!fragment || seen.has(name)) continue;
        seen.add(name);
        collect(fragment.selectionSet, typeFromAST(schema, fragment.typeCondition) ?? parent);
      }
    }
  };
  for (const set of sets) collect(set, type);
  return fields;
}

/** Undefined for what every type has, `__typename` and introspection: graphql-js bounds the latter by itself. */
function fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}
