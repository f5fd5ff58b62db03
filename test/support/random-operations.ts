/** Makes random operations for a schema, and random values for the fields that they select. */
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  validate,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLNullableType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationTypeNode,
} from 'graphql';
import { pick, type Random } from '../../src/cli/replay/random.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

export interface RandomOperation {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Makes operations on one root type, at most `depth` levels deep. They use variables, aliases, fragments and directives. */
export class OperationMaker {
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  readonly #depth: number;
  #declared: string[] = [];
  #variables: Record<string, unknown> = {};
  #fragments: string[] = [];
  #count = 0;
  #hasDirectives = false;
  #hasLiterals = false;

  constructor(schema: GraphQLSchema, random: Random, depth: number) {
    this.#schema = schema;
    this.#random = random;
    this.#depth = depth;
  }

  /** Makes this number of operations that the schema allows. */
  *valid(kind: OperationKind, count: number): Generator<RandomOperation> {
    for (let left = count; left > 0;) {
      const operation = this.#make(kind);
      if (validate(this.#schema, operation.document).length > 0) continue;
      left -= 1;
      yield operation;
    }
  }

  #make(kind: OperationKind): RandomOperation {
    [this.#declared, this.#variables, this.#fragments, this.#count] = [[], {}, [], 0];
    [this.#hasDirectives, this.#hasLiterals] = [this.#chance(0.2), this.#chance(0.3)];
    const root = this.#schema.getRootType(kind as OperationTypeNode)!;
    const selection = kind === 'subscription' ? `{ ${this.#fields(root, 0, 1)} }` : this.#selection(root, 0);
    const declared = this.#declared.length > 0 ? `(${this.#declared.join(' ')})` : '';
    const name = this.#chance(0.5) ? 'Some' : '';
    const query = [`${kind} ${name}${declared} ${selection}`, ...this.#fragments].join('\n');
    return { document: parse(query), variables: this.#variables };
  }

  /** A value for a field of this type. It is mostly complete, and now and then null even where null is not allowed. */
  value(type: GraphQLOutputType, depth = 0): unknown {
    if (this.#chance(isNonNullType(type) ? 0.01 : 0.15)) return null;
    if (isNonNullType(type)) return this.#whole(type.ofType, depth);
    return this.#whole(type, depth);
  }

  #whole(type: GraphQLNullableType & GraphQLOutputType, depth: number): unknown {
    if (isListType(type)) return this.#some(2, () => this.value(type.ofType, depth));
    if (!isCompositeType(type)) return this.#scalar(type);
    // No operation selects deeper.
    if (!isObjectType(type) || depth > this.#depth + 1) return null;
    const fields = Object.values(type.getFields());
    return Object.fromEntries(fields.map((field) => [field.name, this.value(field.type, depth + 1)]));
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) }, make);
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    if (isUnionType(type)) {
      const members = type.getTypes().map((each) => `... on ${each.name} ${this.#selection(each, depth)}`);
      return `{ __typename ${members.filter(() => this.#chance(0.8)).join(' ')} }`;
    }
    return `{ ${this.#fields(type, depth, 1 + Math.floor(this.#random() * 6))} }`;
  }

  #fields(type: GraphQLNamedType, depth: number, count: number): string {
    if (!isObjectType(type)) throw new Error(`${type.name} has no fields.`);
    const all = Object.values(type.getFields()).filter(
      (field) => depth < this.#depth || !isCompositeType(getNamedType(field.type)),
    );
    const isRootOfStream = type === this.#schema.getSubscriptionType();
    const made: string[] = [];
    for (let left = count; left > 0 && all.length > 0; left -= 1) {
      const field = pick(this.#random, all as [(typeof all)[number]]);
      const named = getNamedType(field.type);
      const alias = this.#chance(0.25) ? `${field.name}As${this.#next()}: ` : '';
      const selection = isCompositeType(named) ? this.#selection(named, depth + 1) : '';
      const directive = isRootOfStream ? '' : this.#directive();
      made.push(
        this.#wrapped(`${alias}${field.name}${this.#arguments(field.args)}${directive} ${selection}`, type),
      );
    }
    if (made.length === 0 || this.#chance(0.2)) made.push('__typename');
    return isRootOfStream ? made[0]! : made.join(' ');
  }

  /** The field itself, or inside a fragment. */
  #wrapped(field: string, type: GraphQLNamedType): string {
    if (this.#chance(0.8)) return field;
    if (this.#chance(0.5)) return `... on ${type.name} { ${field} }`;
    const name = `Part${this.#next()}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${field} }`);
    return `...${name}`;
  }

  #directive(): string {
    if (!this.#hasDirectives || this.#chance(0.8)) return '';
    const value = this.#chance(0.3)
      ? String(this.#chance(0.5))
      : this.#declare('Boolean!', this.#chance(0.5));
    return this.#chance(0.5) ? ` @include(if: ${value})` : ` @skip(if: ${value})`;
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const given = args.filter(({ type }) => isNonNullType(type) || this.#chance(0.6));
    if (given.length === 0) return '';
    return `(${given.map((argument) => `${argument.name}: ${this.#argument(argument)}`).join(', ')})`;
  }

  #argument({ name, type }: GraphQLArgument): string {
    const value = name === 'representations' ? this.#references() : this.#input(type);
    if (!this.#hasLiterals || typeof value === 'object') return this.#declare(String(type), value);
    return isEnumType(getNamedType(type)) ? String(value) : JSON.stringify(value);
  }

  #declare(type: string, value: unknown): string {
    const name = `v${this.#next()}`;
    this.#declared.push(`$${name}: ${type}`);
    // A missing variable is not the same as null, so both are tested.
    if (value !== null || this.#chance(0.5)) this.#variables[name] = value;
    return `$${name}`;
  }

  #references(): unknown[] {
    return this.#some(5, () => ({
      __typename: this.#chance(0.6) ? 'Dispatch' : 'User',
      id: this.#chance(0.7) ? String(1 + Math.floor(this.#random() * 6)) : 'ana',
    }));
  }

  #input(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#input(type.ofType);
    if (this.#chance(0.1)) return null;
    if (isListType(type)) return this.#some(3, () => this.#input(type.ofType));
    if (isInputObjectType(type))
      return Object.fromEntries(
        Object.values(type.getFields())
          .filter((field) => isNonNullType(field.type) || this.#chance(0.5))
          .map((field) => [field.name, this.#input(field.type)]),
      );
    return this.#scalar(type);
  }

  #scalar(type: GraphQLNamedType): unknown {
    if (isEnumType(type))
      return pick(this.#random, type.getValues().map(({ value }) => value as unknown) as [unknown]);
    if (type.name === 'Int') return Math.floor(this.#random() * 12);
    if (type.name === 'Float') return Math.floor(this.#random() * 900) / 10;
    if (type.name === 'Boolean') return this.#chance(0.5);
    if (type.name === 'ID') return this.#chance(0.8) ? String(1 + Math.floor(this.#random() * 6)) : 'ana';
    if (type.name === 'DateTime') return new Date(Math.floor(this.#random() * 2e12)).toISOString();
    return `some ${'"text"'} ${this.#next()}`;
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}
