/** The bytes of a result in which some fields are left open, for each filter to have its own values in them. */
import { randomUUID } from 'node:crypto';
import { Kind, type ExecutionResult, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import type { PreparedOperation } from '../prepared-operation.ts';

/** By name. */
type FieldValues = Readonly<Record<string, unknown>>;

/** Stands for a field that is left open, as JSON. */
interface Mark {
  readonly field: string;
  readonly text: Buffer;
}

/** Fields of what an operation shows, as far as it asks for them there: not of what lies deeper. */
export class OpenFields {
  /** Nobody is ever shown it, so nobody can have it in what they write. */
  readonly #secret = randomUUID();
  readonly #keysOfRoot: ReadonlySet<string>;
  /** By the key that the client has given it. */
  readonly #fields = new Map<string, string>();
  readonly marks: readonly Mark[];

  constructor({ document, definition }: PreparedOperation, names: readonly string[]) {
    const fragments = new Map(
      document.definitions
        .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
        .map((node) => [node.name.value, node]),
    );
    const root = fieldsIn([definition.selectionSet], fragments);
    this.#keysOfRoot = new Set(root.map(({ key }) => key));
    const shown = fieldsIn(
      root.flatMap(({ selectionSet }) => selectionSet ?? []),
      fragments,
    );
    for (const { key, name } of shown) if (names.includes(name)) this.#fields.set(key, name);
    const asked = new Set(this.#fields.values());
    this.marks = [...asked].map((field) => ({ field, text: Buffer.from(JSON.stringify(this.#mark(field))) }));
  }

  #mark(field: string): string {
    return `${this.#secret} ${field}`;
  }

  /** Puts a mark in place of each field that is to be left open. */
  leaveOpen(result: ExecutionResult): ExecutionResult {
    for (const rootKey of this.#keysOfRoot) {
      const shown = result.data?.[rootKey] as Record<string, unknown> | null | undefined;
      if (!shown) continue;
      for (const [key, field] of this.#fields) if (Object.hasOwn(shown, key)) shown[key] = this.#mark(field);
    }
    return result;
  }
}

interface AskedField {
  readonly key: string;
  readonly name: string;
  readonly selectionSet: SelectionSetNode | undefined;
}

/** The fields that stand in these sets, those of fragments included, and not deeper. */
function fieldsIn(
  sets: readonly SelectionSetNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): AskedField[] {
  return sets.flatMap(({ selections }) =>
    selections.flatMap((node): AskedField[] => {
      if (node.kind === Kind.FIELD) {
        const name = node.name.value;
        return [{ key: node.alias?.value ?? name, name, selectionSet: node.selectionSet }];
      }
      const spread = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
      return spread ? fieldsIn([spread.selectionSet], fragments) : [];
    }),
  );
}

/** One execution of an event, and one copy of its bytes for each set of values that some filter has. */
export class OpenResult {
  /** The bytes between the places that are open; behind each but the last one follows the field of the same index. */
  readonly #pieces: readonly Buffer[];
  readonly #fields: readonly string[];
  readonly #filled = new Map<string, Buffer>();

  constructor(payload: Buffer, { marks }: OpenFields) {
    const pieces: Buffer[] = [];
    const fields: string[] = [];
    let rest = payload;
    for (let next = firstOf(marks, rest); next; next = firstOf(marks, rest)) {
      pieces.push(rest.subarray(0, next.at));
      fields.push(next.mark.field);
      rest = rest.subarray(next.at + next.mark.text.length);
    }
    this.#pieces = [...pieces, rest];
    this.#fields = fields;
  }

  fill(values: FieldValues): Buffer {
    if (this.#fields.length === 0) return this.#pieces[0]!;
    const texts = this.#fields.map((field) => JSON.stringify(values[field] ?? null));
    const key = texts.join();
    let filled = this.#filled.get(key);
    if (!filled) this.#filled.set(key, (filled = this.#join(texts)));
    return filled;
  }

  #join(texts: readonly string[]): Buffer {
    return Buffer.concat(
      this.#pieces.flatMap((piece, index) => {
        const text = texts[index];
        return text === undefined ? [piece] : [piece, Buffer.from(text)];
      }),
    );
  }
}

function firstOf(
  marks: readonly Mark[],
  bytes: Buffer,
): { readonly mark: Mark; readonly at: number } | undefined {
  return marks
    .map((mark) => ({ mark, at: bytes.indexOf(mark.text) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0];
}
