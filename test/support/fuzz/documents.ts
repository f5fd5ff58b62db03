/** Requests made by chance: operations that the schema allows, the same with something wrong in them, and hostile ones. */
import { print, type GraphQLSchema } from 'graphql';
import { pick, type Random } from '../../../src/cli/replay/random.ts';
import { OperationMaker, type OperationKind } from '../random-operations.ts';
import { hostileTexts, oddValues, shreds } from './shreds.ts';

export interface RandomRequest {
  readonly query: string;
  readonly variables: unknown;
  readonly operationName?: unknown;
  readonly extensions?: unknown;
}

const levels = 4;
/** Where a text is cut: between its tokens mostly, and anywhere. */
const cut = /[A-Za-z_0-9]+|\s+|./gsu;

export class RequestMaker {
  readonly #random: Random;
  readonly #maker: OperationMaker;

  constructor(schema: GraphQLSchema, random: Random) {
    this.#random = random;
    this.#maker = new OperationMaker(schema, random, levels);
  }

  /** One that the schema allows, though its values may be out of range. */
  valid(kind: OperationKind): RandomRequest {
    const [operation] = this.#maker.valid(kind, 1);
    return { query: print(operation!.document), variables: operation!.variables };
  }

  /** Anything. */
  any(): RandomRequest {
    const kind = pick<OperationKind>(this.#random, ['query', 'query', 'query', 'mutation', 'subscription']);
    const share = this.#random();
    if (share < 0.4) return this.valid(kind);
    if (share < 0.7) return this.#broken(this.valid(kind));
    if (share < 0.85) return this.#odd(this.valid(kind));
    const size = 1 + Math.floor(this.#random() * 400);
    return { query: pick(this.#random, hostileTexts)(size), variables: {} };
  }

  /** Its text with parts gone, doubled, exchanged, and put in. */
  #broken({ query, variables }: RandomRequest): RandomRequest {
    const parts = query.match(cut) ?? [];
    for (let changes = 1 + Math.floor(this.#random() * 4); changes > 0; changes -= 1) {
      const at = Math.floor(this.#random() * parts.length);
      const length = Math.floor(this.#random() * 5);
      const taken = parts.slice(at, at + length);
      const put = pick(this.#random, [[], taken, [...taken, ...taken], [pick(this.#random, shreds)]]);
      parts.splice(at, length, ...put);
    }
    return { query: parts.join(''), variables };
  }

  /** Its variables, name and extensions as nobody would send them. */
  #odd({ query, variables }: RandomRequest): RandomRequest {
    const names = Object.keys(variables as object);
    const values = Object.fromEntries(names.map((name) => [name, pick(this.#random, oddValues)]));
    return pick<RandomRequest>(this.#random, [
      { query, variables: values },
      { query, variables: pick(this.#random, oddValues) },
      { query, variables, operationName: pick(this.#random, oddValues) },
      { query, variables, extensions: pick(this.#random, oddValues) },
      { query, variables, extensions: { persistedQuery: pick(this.#random, oddValues) } },
      { query, variables, extensions: { subscription: pick(this.#random, oddValues) } },
    ]);
  }
}
