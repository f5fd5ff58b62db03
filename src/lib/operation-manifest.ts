/** The operations that frontends were built with, as the tools of Apollo and of Relay list them in a file. */

/** A file is no manifest. The message is the rest of a sentence that begins with what was read. */
export class ManifestError extends Error {}

/** The text of each operation by its id. It is shown, in logs too, by its size alone. */
export class OperationManifest {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  get size(): number {
    return this.#texts.size;
  }

  get entries(): Iterable<readonly [id: string, text: string]> {
    return this.#texts;
  }

  textOf(id: string): string | undefined {
    return this.#texts.get(id);
  }

  toJSON(): string {
    return `${this.size} operations`;
  }
}

export const apolloFormat = 'apollo-persisted-query-manifest';

/**
 * Reads one manifest, or several of them as one: a frontend may have many versions in use.
 *
 * @throws ManifestError
 */
export function parseManifests(jsons: readonly string[]): OperationManifest {
  const texts = new Map<string, string>();
  for (const [id, text] of jsons.flatMap(parseManifest)) {
    if ((texts.get(id) ?? text) !== text) throw new ManifestError(`has two texts for the id ${id}`);
    texts.set(id, text);
  }
  return new OperationManifest(texts);
}

type Entries = readonly (readonly [id: string, text: string])[];

function parseManifest(json: string): Entries {
  const manifest = parseJson(json);
  if (!isObject(manifest)) throw new ManifestError('is no JSON object');
  const entries = manifest['format'] === apolloFormat ? readApollo(manifest) : Object.entries(manifest);
  for (const [id, text] of entries)
    if (typeof id !== 'string' || id === '' || typeof text !== 'string' || text.trim() === '')
      throw new ManifestError('has an entry that is not an id and the text of an operation');
  return entries as Entries;
}

function readApollo({ version, operations }: Readonly<Record<string, unknown>>) {
  if (version !== 1) throw new ManifestError('is of a version that is not known: 1 is');
  if (!Array.isArray(operations)) throw new ManifestError('has no list of operations');
  return operations.map((operation: unknown): readonly [unknown, unknown] =>
    isObject(operation) ? [operation['id'], operation['body']] : [null, null],
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ManifestError('is no JSON');
    throw error;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
